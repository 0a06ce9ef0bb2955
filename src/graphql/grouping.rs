use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, Object, SchemaBuilder, TypeRef};

use super::connection::PAGE_INFO;
use super::group_key::{self, Keys};
use super::having::{self, Statistics};
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{aggregate, cost, filter, page, search, summary};
use crate::catalog::{Entity, Relation};
use crate::error::ApiError;
use crate::plan::{
    self, Aggregate, Connection, ConnectionMember, Direction, EdgeMember, Grouping, Member, Nulls,
    OrderTerm, Population, Rows, Source, Statistic,
};

/// The most keys of an order of groups, those of `by` left out.
const MOST_ORDERS: usize = 16;

/// The name of the root field that tells groups of rows of an entity.
pub(super) fn root_name(entity: &Entity) -> String {
    format!("{}Groups", entity.singular_field)
}

/// The name of the field that tells groups of the rows behind a to-many
/// relation.
pub(super) fn field_name(relation: &Relation, target: &Entity) -> String {
    format!("{}Groups", aggregate::one_of(relation, target))
}

fn group_name(entity: &Entity) -> String {
    format!("{}Group", entity.name)
}

fn edge_name(entity: &Entity) -> String {
    format!("{}GroupEdge", entity.name)
}

fn connection_name(entity: &Entity) -> String {
    format!("{}GroupConnection", entity.name)
}

fn order_name(entity: &Entity) -> String {
    format!("{}GroupOrder", entity.name)
}

/// Adds the types that groups of all entities share.
pub(super) fn define_kinds(view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
    let (inputs, objects) = group_key::define_kinds(view);
    let builder = builder.register(group_key::define_by_value());
    let builder = inputs.into_iter().fold(builder, SchemaBuilder::register);
    let builder = objects.into_iter().fold(builder, SchemaBuilder::register);
    summary::define_kinds(view, builder)
}

/// Adds the types of groups of rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity, builder: SchemaBuilder) -> SchemaBuilder {
    let (by, key, key_order) = group_key::define(view, entity);
    builder
        .register(by)
        .register(key)
        .register(key_order)
        .register(define_group(view, entity))
        .register(define_order(view, entity))
        .register(define_edge(entity))
        .register(define_connection(entity))
        .register(summary::define(view, entity))
}

fn define_group(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    let object = Object::new(group_name(entity))
        .description(format!(
            "{} that have something in common, and statistics over them. Only what is selected is \
             computed.",
            capitalized(&rows)
        ))
        .field(group_key::field(entity))
        .field(
            answered("count", TypeRef::named_nn("BigInt"))
                .description(format!("How many {rows} the group has.")),
        )
        .field(
            answered(
                aggregate::MATCHING,
                TypeRef::named_nn(aggregate::type_name(entity)),
            )
            .description(format!(
                "Statistics over those {rows} of the group that meet a filter, computed along \
                 with the others."
            ))
            .argument(filter::required_argument(entity)),
        );
    aggregate::with_values(view, entity, object)
}

fn define_order(view: View<'_>, entity: &Entity) -> InputObject {
    let object = InputObject::new(order_name(entity))
        .description(format!(
            "One key by which groups of {} are sorted: something they have in common, or a \
             statistic. The first key of a list counts most; groups that all keys leave equal are \
             sorted by what they are grouped by, in the order of `by`.",
            entity.plural_words()
        ))
        .field(
            InputValue::new("key", TypeRef::named(group_key::order_name(entity)))
                .description("By what the rows of a group have in common."),
        );
    having::with_orders(view, entity, object).oneof()
}

fn define_edge(entity: &Entity) -> Object {
    Object::new(edge_name(entity))
        .description("One of the groups on a page, with its cursor.")
        .field(
            answered("cursor", TypeRef::named_nn(TypeRef::STRING))
                .description("The group's position in the list, for `after` and `before`."),
        )
        .field(answered("node", TypeRef::named_nn(group_name(entity))).description("The group."))
}

fn define_connection(entity: &Entity) -> Object {
    let rows = entity.plural_words();
    Object::new(connection_name(entity))
        .description(format!("A page of groups of {rows}."))
        .field(
            answered("nodes", TypeRef::named_nn_list_nn(group_name(entity)))
                .description("The groups on the page."),
        )
        .field(
            answered("edges", TypeRef::named_nn_list_nn(edge_name(entity)))
                .description("The groups on the page, each with its cursor."),
        )
        .field(
            answered("pageInfo", TypeRef::named_nn(PAGE_INFO))
                .description("Where the page stands in the list."),
        )
        .field(
            answered("totalCount", TypeRef::named_nn(TypeRef::INT))
                .description("How many groups the whole list has. Counted only when asked for."),
        )
        .field(
            answered("totals", TypeRef::named_nn(aggregate::type_name(entity))).description(
                format!(
                    "Statistics over the {rows} of all groups, those that `having` leaves out as \
                     well."
                ),
            ),
        )
        .field(
            answered("summary", TypeRef::named_nn(summary::type_name(entity))).description(
                "Statistics over the groups of the whole list, such as the average of their sums.",
            ),
        )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// A field that tells groups of rows of `target`.
pub(super) fn define_field(
    view: View<'_>,
    name: &str,
    description: &str,
    target: &Entity,
) -> Field {
    let field = answered(name, TypeRef::named_nn(connection_name(target)))
        .description(description)
        .argument(filter::argument(target))
        .argument(
            InputValue::new("by", TypeRef::named_nn_list_nn(group_key::by_name(target)))
                .description("What the rows of a group have in common."),
        )
        .argument(
            InputValue::new("having", TypeRef::named(having::type_name(target)))
                .description("Which groups, by statistics over them; all unless said."),
        )
        .argument(
            InputValue::new("orderBy", TypeRef::named_nn_list(order_name(target))).description(
                "In which order; the first key counts most. By the keys, in the order of `by`, \
                 unless said.",
            ),
        );
    page::arguments(page::GROUPS)
        .into_iter()
        .chain(search::argument(view, target))
        .fold(field, Field::argument)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads a page of groups of the rows of `source`: the arguments and the
    /// selections.
    pub(super) fn groups(
        &mut self,
        mut source: Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Connection<'c>, ApiError> {
        let (field, variables) = (fields[0], self.variables());
        self.narrow(&mut source, field)?;
        self.charge(cost::COUNT);
        let entity = source.entity();
        let mut grouping = self.grouping(Population {
            source: source.clone(),
            joins: Vec::new(),
        });
        let by = Input::argument(field, "by", variables)
            .ok_or_else(|| ApiError::internal(&"groups by nothing"))?;
        let keys = self
            .group_keys(&mut grouping, by)
            .map_err(|error| error.within("by"))?;
        let mut statistics = Statistics::OfGroups(Box::new(grouping));
        let having = match Input::argument(field, "having", variables) {
            None => plan::Predicate::True,
            Some(input) => self
                .having(&mut statistics, &source, input, 0)
                .map_err(|error| error.within("having"))?,
        };
        let order = self
            .group_order(&mut statistics, &keys, field)
            .map_err(|error| error.within("orderBy"))?;
        let Statistics::OfGroups(mut grouping) = statistics;
        grouping.having = having;
        let mut connection = self.page(Rows::Groups(grouping), order, field, page::GROUPS)?;
        let most = connection.most;
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &connection_name(entity))? {
            let member = self.under(key, |reader| {
                reader.groups_member(&mut connection.rows, &source, &keys, most, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        connection.members = members;
        Ok(connection)
    }

    fn group_order(
        &mut self,
        statistics: &mut Statistics<'c>,
        keys: &Keys<'c>,
        field: &Selected,
    ) -> Result<Vec<OrderTerm<'c>>, ApiError> {
        let items = Input::given(field, "orderBy", self.variables())
            .map(Input::items)
            .unwrap_or_default();
        if items.len() > MOST_ORDERS {
            return Err(ApiError::input(format!(
                "An order has at most {MOST_ORDERS} keys; {} are too many.",
                items.len()
            )));
        }
        let mut terms: Vec<OrderTerm<'c>> = Vec::new();
        let mut add = |term: OrderTerm<'c>| {
            // A key that has been named decides nothing the second time.
            let label = term.scalar.label();
            if !terms.iter().any(|known| known.scalar.label() == label) {
                terms.push(term);
            }
        };
        for (place, item) in items.into_iter().enumerate() {
            self.spend_condition(0)?;
            let term = item
                .only()
                .and_then(|(name, value)| {
                    self.group_term(statistics, keys, name, value)
                        .map_err(|error| error.within(name))
                })
                .map_err(|error| error.within(place.to_string()))?;
            add(term);
        }
        let Statistics::OfGroups(grouping) = statistics;
        for place in 0..grouping.keys.len() {
            add(OrderTerm {
                scalar: grouping.key(place),
                direction: Direction::Ascending,
                nulls: Nulls::Last,
            });
        }
        Ok(terms)
    }

    fn group_term(
        &mut self,
        statistics: &mut Statistics<'c>,
        keys: &Keys<'c>,
        name: &str,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        if name == "key" {
            let Statistics::OfGroups(grouping) = statistics;
            return self.key_order(grouping, keys, input);
        }
        let source = statistics.population().source.clone();
        self.statistic_order(statistics, &source, name, input)
    }

    fn groups_member(
        &mut self,
        rows: &mut Rows<'c>,
        source: &Source<'c>,
        keys: &Keys<'c>,
        most: u64,
        fields: &[&'r Selected],
    ) -> Result<ConnectionMember<'c>, ApiError> {
        let Rows::Groups(grouping) = rows else {
            return Err(ApiError::internal(&"groups of nothing"));
        };
        let entity = source.entity();
        Ok(match fields[0].name.as_str() {
            "__typename" => ConnectionMember::Typename(connection_name(entity)),
            "totalCount" => {
                self.charge(cost::COUNT);
                ConnectionMember::TotalCount
            }
            "pageInfo" => self.page_info(fields)?,
            "nodes" => {
                let object =
                    self.per_group(most, |reader| reader.group(grouping, source, keys, fields))?;
                ConnectionMember::Nodes(object)
            }
            "edges" => self.per_group(most, |reader| {
                let mut members = Vec::new();
                for (key, fields) in reader.collect(fields, &edge_name(entity))? {
                    let member = reader.under(key, |reader| {
                        Ok(match fields[0].name.as_str() {
                            "__typename" => EdgeMember::Typename(edge_name(entity)),
                            "cursor" => EdgeMember::Cursor,
                            _ => EdgeMember::Node(reader.group(grouping, source, keys, &fields)?),
                        })
                    })?;
                    members.push((key.to_owned(), member));
                }
                Ok(ConnectionMember::Edges(members))
            })?,
            "totals" => {
                self.charge(cost::COUNT);
                let mut population = Population {
                    source: source.clone(),
                    joins: Vec::new(),
                };
                let members = self.statistics(source, &mut population, None, fields)?;
                ConnectionMember::Totals(Box::new(Aggregate {
                    population,
                    members,
                }))
            }
            _ => {
                self.charge(cost::COUNT);
                ConnectionMember::Summary(self.summary(grouping, source, fields)?)
            }
        })
    }

    /// Reads what is asked of each group.
    fn group(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        keys: &Keys<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = source.entity();
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &group_name(entity))? {
            let member = self.under(key, |reader| match fields[0].name.as_str() {
                "__typename" => Ok(Member::Typename(Cow::Owned(group_name(entity)))),
                "key" => {
                    let object = reader.key_object(grouping, keys, &fields)?;
                    Ok(Member::Object(object, None))
                }
                _ => {
                    let statistic =
                        reader.statistic(source, &mut grouping.population, None, &fields)?;
                    Ok(of_group(grouping, statistic))
                }
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(plan::Object { members })
    }
}

/// Statistics as values of a group.
fn of_group<'c>(grouping: &mut Grouping<'c>, statistic: Statistic<'c>) -> Member<'c> {
    match statistic {
        Statistic::Typename(name) => Member::Typename(name),
        Statistic::Measure(measure) => Member::Scalar(grouping.measure(measure)),
        Statistic::Object(members) => {
            let members = members
                .into_iter()
                .map(|(key, member)| (key, of_group(grouping, member)))
                .collect();
            Member::Object(plan::Object { members }, None)
        }
    }
}
