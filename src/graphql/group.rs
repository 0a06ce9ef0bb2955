use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Object, TypeRef};

use super::group_by::Keys;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{aggregate, cost, filter, group_key, order, page, share};
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{self, Grouping, Measure, Member, Sample, Scalar, Source, Statistic, Value};

/// The name of the type of a group of rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Group", entity.name)
}

/// The type of a group of rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    let object = Object::new(type_name(entity))
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

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads what is asked of each group.
    pub(super) fn group(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        keys: &Keys<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = source.entity();
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name(entity))? {
            let member = self.under(key, |reader| match fields[0].name.as_str() {
                "__typename" => Ok(Member::Typename(Cow::Owned(type_name(entity)))),
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
        });
        let source = source.clone();
        let row = Box::new(plan::Row { source, object });
        Ok(Member::Sample(grouping.samples.len() - 1, row))
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
