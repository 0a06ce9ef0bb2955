use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, Object, SchemaBuilder, TypeRef};

use super::connection::PAGE_INFO;
use super::group_by::{self, Keys};
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{
    aggregate, aggregate_order, cost, filter, group_key, having, number_bucket, order, page,
    search, share, summary, time_bucket,
};
use crate::catalog::{Entity, Kind, Relation};
use crate::error::ApiError;
use crate::plan::{
    self, Aggregate, Connection, ConnectionMember, Direction, EdgeMember, Grouping, Measure,
    Member, Nulls, OrderTerm, Population, Rows, Sample, Scalar, Source, Statistic, Value,
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
        .register(define_group(view, entity))
        .register(share::define(view, entity))
        .register(define_order(view, entity))
        .register(define_edge(entity))
        .register(define_connection(view, entity))
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
                view.statistics(entity, aggregate::type_name(entity)),
            )
            .description(format!(
                "Statistics over those {rows} of the group that meet a filter, computed along \
                 with the others."
            ))
            .argument(filter::required_argument(entity)),
        )
        .field(
            answered("previous", TypeRef::named(aggregate::type_name(entity))).description(
                "The same statistics over the group before it by the key that is filled in, of \
                 those whose other keys are alike; null for the first.",
            ),
        )
        .field(
            answered("rows", TypeRef::named_nn_list_nn(&entity.name))
                .description(format!(
                    "The first {rows} of the group; in the order of lists of {rows} unless said."
                ))
                .argument(page::first(page::SAMPLES))
                .argument(order::argument(entity)),
        )
        .field(
            answered("share", TypeRef::named_nn(share::type_name(entity)))
                .description("How much of all it is."),
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
    aggregate_order::with_statistics(view, entity, object).oneof()
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

fn define_connection(view: View<'_>, entity: &Entity) -> Object {
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
        self.charge(cost::COUNT);
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
                reader.groups_member(&mut connection.rows, &source, &keys, most, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        connection.members = members;
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
                let mut population = Population::from(source.clone());
                let members = self.statistics(source, &mut population, None, fields)?;
                ConnectionMember::Totals(Box::new(Aggregate {
                    enough: self.enough(&population, source, None),
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
                "previous" => reader.beside_others(grouping, |reader, grouping| {
                    reader.previous(grouping, source, &fields)
                }),
                "rows" => reader.sample(grouping, source, &fields),
                "share" => reader.beside_others(grouping, |reader, grouping| {
                    let object = reader.share(grouping, source, &fields)?;
                    Ok(Member::Object(object, None))
                }),
                _ => {
                    let statistic =
                        reader.statistic(source, &mut grouping.population, None, &fields)?;
                    Ok(of_group(grouping, statistic, Grouping::measure))
                }
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(plan::Object { members })
    }

    /// Reads what is told of a group beside others: each of it costs as much
    /// as there are groups that are filled in.
    fn beside_others<T>(
        &mut self,
        grouping: &mut Grouping<'c>,
        read: impl FnOnce(&mut Self, &mut Grouping<'c>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let known = grouping.derived.len();
        let told = read(self, grouping)?;
        if let Some(fill) = &grouping.fill {
            let derived = (grouping.derived.len() - known) as u64;
            self.charge(fill.groups.saturating_mul(derived));
        }
        Ok(told)
    }

    /// Reads some of the rows of a group.
    fn sample(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        self.charge(cost::SORT);
        let first = self.first(fields[0], page::SAMPLES)?;
        let order = Input::given(fields[0], order::ORDER_BY, self.variables());
        let order = self
            .order(source, order)
            .map_err(|error| error.within(order::ORDER_BY))?;
        let object =
            self.per_sample(first.unsigned_abs(), |reader| reader.object(source, fields))?;
        grouping.samples.push(Sample {
            order,
            first: self.bind(Value::Int(first)),
            object,
        });
        Ok(Member::Sample(grouping.samples.len() - 1))
    }

    /// Reads the statistics over the group before one.
    fn previous(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        if grouping.fill.is_none() {
            return Err(ApiError::input(
                "What comes before a group is known where a key is filled in. Give one of `by` a \
                 unit of time and `fill: true`.",
            ));
        }
        let members = self.statistics(source, &mut grouping.population, None, fields)?;
        let object = of_group(
            grouping,
            Statistic::Object(members, None),
            Grouping::previous,
        );
        let Member::Object(object, _) = object else {
            return Err(ApiError::internal(&"statistics that are no object"));
        };
        let is_there = grouping.previous(Measure::rows());
        Ok(Member::Object(object, Some(is_there)))
    }
}

/// Statistics as values of a group.
fn of_group<'c>(
    grouping: &mut Grouping<'c>,
    statistic: Statistic<'c>,
    value: fn(&mut Grouping<'c>, Measure<'c>) -> Scalar<'c>,
) -> Member<'c> {
    match statistic {
        Statistic::Typename(name) => Member::Typename(name),
        Statistic::Measure(measure) => Member::Scalar(value(grouping, measure)),
        Statistic::Object(members, enough) => {
            let guard = enough.map(|enough| {
                let mut rows = value(grouping, enough.rows.clone());
                let met = enough.met(|measure| value(grouping, measure.clone()));
                rows.mask = Some(Box::new(met));
                rows
            });
            let members = members
                .into_iter()
                .map(|(key, member)| (key, of_group(grouping, member, value)))
                .collect();
            Member::Object(plan::Object { members }, guard)
        }
    }
}
