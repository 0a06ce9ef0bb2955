use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, Object, SchemaBuilder, TypeRef};

use super::collect::told_before;
use super::connection::PAGE_INFO;
use super::group_by::{self, Keys};
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{
    aggregate, aggregate_order, cost, filter, group, group_key, having, number_bucket, order, page,
    search, share, summary, time_bucket,
};
use crate::catalog::{Entity, Kind, Relation};
use crate::error::ApiError;
use crate::plan::{
    self, Aggregate, Connection, ConnectionMember, Direction, EdgeMember, Grouping, Nulls,
    OrderTerm, Population, Rows, Source, Statistic,
};

/// The most keys of an order of groups, those of `by` left out.
const MOST_ORDERS: usize = 16;

/// The name of the root field that tells groups of rows of an entity.
pub(super) fn root_name(entity: &Entity) -> String {
    let [_, groups] = entity.statistics_fields();
    groups
}

/// The name of the field that tells groups of the rows behind a to-many
/// relation.
pub(super) fn field_name(relation: &Relation, target: &Entity) -> String {
    let [_, groups] = relation.statistics_fields(target);
    groups
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
    let mut builder = builder.register(group_by::define_by_value());
    for kind in number_bucket::KINDS {
        builder = builder
            .register(number_bucket::define_by(&kind))
            .register(number_bucket::define_key(&kind));
    }
    let times = time_bucket::KINDS
        .into_iter()
        .filter(|kind| view.has_kind(kind));
    for (place, kind) in times.enumerate() {
        if place == 0 {
            builder = builder.register(time_bucket::define_weekday());
        }
        let [units, parts] = time_bucket::define_enums(&kind);
        builder = builder
            .register(units)
            .register(parts)
            .register(time_bucket::define_by(&kind))
            .register(time_bucket::define_key(&kind));
    }
    if view.has_kind(&Kind::Json) {
        builder = builder
            .register(group_by::define_by_document())
            .register(group_key::define_document());
    }
    summary::define_kinds(view, builder)
}

/// Adds the types of groups of rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity, builder: SchemaBuilder) -> SchemaBuilder {
    let (key, key_order) = group_key::define(view, entity);
    builder
        .register(group_by::define(view, entity))
        .register(key)
        .register(key_order)
        .register(group::define(view, entity))
        .register(share::define(view, entity))
        .register(define_order(view, entity))
        .register(define_edge(entity))
        .register(define_connection(view, entity))
        .register(summary::define(view, entity))
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
    aggregate_order::with_statistics(view, entity, object).oneof()
}

fn define_edge(entity: &Entity) -> Object {
    Object::new(edge_name(entity))
        .description("One of the groups on a page, with its cursor.")
        .field(
            answered("cursor", TypeRef::named_nn(TypeRef::STRING))
                .description("The group's position in the list, for `after` and `before`."),
        )
        .field(
            answered("node", TypeRef::named_nn(group::type_name(entity))).description("The group."),
        )
}

fn define_connection(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    Object::new(connection_name(entity))
        .description(format!("A page of groups of {rows}."))
        .field(
            answered("nodes", TypeRef::named_nn_list_nn(group::type_name(entity)))
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
            answered(
                "totals",
                view.statistics(entity, aggregate::type_name(entity)),
            )
            .description(format!(
                "Statistics over the {rows} of all groups, those that `having` leaves out as \
                     well."
            )),
        )
        .field(
            answered("summary", TypeRef::named_nn(summary::type_name(entity))).description(
                "Statistics over the groups of the whole list, such as the average of their sums.",
            ),
        )
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
            InputValue::new("by", TypeRef::named_nn_list_nn(group_by::type_name(target)))
                .description("What the rows of a group have in common."),
        )
        .argument(
            InputValue::new("having", TypeRef::named(having::type_name(target)))
                .description("Which groups, by statistics over them; all unless said."),
        )
        .argument(
            InputValue::new(order::ORDER_BY, TypeRef::named_nn_list(order_name(target)))
                .description(
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
    /// selections. They may hang on a row of an entity.
    pub(super) fn groups(
        &mut self,
        mut source: Source<'c>,
        parent: Option<&'c Entity>,
        fields: &[&'r Selected],
    ) -> Result<Connection<'c>, ApiError> {
        let (field, variables) = (fields[0], self.variables());
        self.narrow(&mut source, field)?;
        self.charge_counts(cost::COUNT);
        let entity = source.entity();
        let mut grouping = self.grouping(source.clone().into());
        let by = Input::argument(field, "by", variables)
            .ok_or_else(|| ApiError::internal(&"groups by nothing"))?;
        let keys = self
            .group_keys(
                &mut grouping,
                by,
                Input::given(field, filter::FILTER, variables),
                parent,
            )
            .map_err(|error| error.within("by"))?;
        let having = match Input::argument(field, "having", variables) {
            None => plan::Predicate::True,
            Some(input) => self
                .having(&mut grouping, &source, input, 0)
                .map_err(|error| error.within("having"))?,
        };
        let order = self
            .group_order(&mut grouping, &keys, field)
            .map_err(|error| error.within(order::ORDER_BY))?;
        grouping.having = having;
        let rows = Rows::Groups(Box::new(grouping));
        let mut connection = self.page(rows, order, field, page::GROUPS)?;
        let most = connection.most;
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &connection_name(entity))? {
            let member = self.under(key, |reader| {
                let order = &connection.order;
                reader.groups_member(&mut connection.rows, &source, &keys, (most, order), &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        connection.members = members;
        if let Rows::Groups(grouping) = &connection.rows {
            self.spend_measures(grouping)?;
        }
        Ok(connection)
    }

    fn group_order(
        &mut self,
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        field: &Selected,
    ) -> Result<Vec<OrderTerm<'c>>, ApiError> {
        let items = Input::given(field, order::ORDER_BY, self.variables())
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
                    self.group_term(grouping, keys, name, value)
                        .map_err(|error| error.within(name))
                })
                .map_err(|error| error.within(place.to_string()))?;
            add(term);
        }
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
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        name: &str,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        if name == "key" {
            return self.key_order(grouping, keys, input);
        }
        let source = grouping.population.source.clone();
        self.statistic_order(grouping, &source, name, input)
    }

    fn groups_member(
        &mut self,
        rows: &mut Rows<'c>,
        source: &Source<'c>,
        keys: &Keys<'c>,
        (most, order): (u64, &[OrderTerm<'c>]),
        fields: &[&'r Selected],
    ) -> Result<ConnectionMember<'c>, ApiError> {
        let Rows::Groups(grouping) = rows else {
            return Err(ApiError::internal(&"groups of nothing"));
        };
        let entity = source.entity();
        Ok(match fields[0].name.as_str() {
            "__typename" => ConnectionMember::Typename(connection_name(entity)),
            "totalCount" => {
                self.charge_counts(cost::COUNT);
                ConnectionMember::TotalCount
            }
            "pageInfo" => self.page_info(order, fields)?,
            "nodes" => {
                let object =
                    self.per_group(most, |reader| reader.group(grouping, source, keys, fields))?;
                ConnectionMember::Nodes(object)
            }
            "edges" => self.per_group(most, |reader| {
                let mut members = Vec::new();
                let collected = reader.collect(fields, &edge_name(entity))?;
                let told = told_before(&collected, reader.variables());
                for (place, (key, fields)) in collected.iter().enumerate() {
                    let member = reader.under(key, |reader| {
                        Ok(match fields[0].name.as_str() {
                            "__typename" => EdgeMember::Typename(edge_name(entity)),
                            "cursor" => {
                                reader.spend_cursor(order, told[place]);
                                EdgeMember::Cursor
                            }
                            _ => EdgeMember::Node(reader.group(grouping, source, keys, fields)?),
                        })
                    })?;
                    members.push(((*key).to_owned(), member));
                }
                Ok(ConnectionMember::Edges(members))
            })?,
            "totals" => {
                self.charge_counts(cost::COUNT);
                let view = self.view();
                // With the keys, where it may be asked for how many rows of each
                // group a total is.
                let mut population = if view.catalog.has_min_group_sizes(view.role) {
                    grouping.population.clone()
                } else {
                    Population::from(source.clone())
                };
                let members = self.statistics(source, &mut population, None, fields)?;
                // For each of them the groups are made once more.
                let guards = u64::try_from(guards(&members)).unwrap_or(u64::MAX);
                self.charge_counts(cost::COUNT.saturating_mul(guards));
                ConnectionMember::Totals(Box::new(Aggregate {
                    enough: self.enough(&population, source, None),
                    population,
                    members,
                }))
            }
            _ => {
                self.charge_counts(cost::COUNT);
                ConnectionMember::Summary(self.summary(grouping, source, fields)?)
            }
        })
    }
}

/// How many objects of statistics are told only where there are enough rows.
fn guards(members: &[(String, Statistic<'_>)]) -> usize {
    let guards = members.iter().map(|(_, member)| match member {
        Statistic::Object(members, enough) => usize::from(enough.is_some()) + guards(members),
        Statistic::Typename(_) | Statistic::Measure(_) => 0,
    });
    guards.sum()
}
