use std::borrow::Cow;
use std::iter;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, Object, TypeRef};

use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{cost, filter, json, measure, search, statistics};
use crate::catalog::{Entity, Kind, Relation, RelationKind};
use crate::error::ApiError;
use crate::plan::{
    Aggregate, Function, Measure, Population, Predicate, Source, Statistic, Step, Subset,
};

/// The field that tells statistics over some of the rows.
pub(super) const MATCHING: &str = "matching";

/// The name of the type of statistics over rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Aggregate", entity.name)
}

/// The name of the root field that tells statistics over rows of an entity.
pub(super) fn root_name(entity: &Entity) -> String {
    let [aggregate, _] = entity.statistics_fields();
    aggregate
}

/// The name of the field that tells statistics over the rows behind a to-many
/// relation.
pub(super) fn field_name(relation: &Relation, target: &Entity) -> String {
    let [aggregate, _] = relation.statistics_fields(target);
    aggregate
}

/// The relation whose rows statistics of that name are about.
pub(super) fn of_rows<'c>(view: View<'c>, entity: &'c Entity, name: &str) -> Option<&'c Relation> {
    view.to_many(entity)
        .find_map(|(relation, target)| (field_name(relation, target) == name).then_some(relation))
}

/// The inputs that name statistics over the rows behind the to-many relations
/// of an entity.
pub(super) fn inputs_of_rows(
    view: View<'_>,
    entity: &Entity,
    what: &str,
    type_name: fn(&Entity) -> String,
) -> Vec<InputValue> {
    view.to_many(entity)
        .map(|(relation, target)| {
            InputValue::new(
                field_name(relation, target),
                TypeRef::named(type_name(target)),
            )
            .description(format!(
                "{what} its `{}`, as far as you may see them.",
                relation.name
            ))
        })
        .collect()
}

/// The type of statistics over rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    let mut object = Object::new(type_name(entity))
        .description(format!(
            "Statistics over {rows}. Only what is selected is computed. Over no rows counts are 0 \
             and everything else is null."
        ))
        .field(
            answered("count", TypeRef::named_nn("BigInt"))
                .description(format!("How many {rows} there are.")),
        );
    object = object.field(
        answered(MATCHING, view.statistics(entity, type_name(entity)))
            .description(format!(
                "Statistics over those of the {rows} that meet a filter, computed along with the \
                 others."
            ))
            .argument(filter::required_argument(entity)),
    );
    with_values(view, entity, object)
}

/// Adds a field with statistics for every field of an entity, and for every
/// row that its rows refer to.
pub(super) fn with_values(view: View<'_>, entity: &Entity, mut object: Object) -> Object {
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        let mut statistics = answered(
            statistics::name_of(field),
            TypeRef::named_nn(measure::type_name(kind)),
        )
        .description(&field.description);
        if *kind == Kind::Json {
            statistics = statistics.argument(json::path_input());
        }
        object = object.field(statistics);
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind == RelationKind::ToOne {
            let related = answered(&relation.name, view.statistics(target, type_name(target)));
            object = object.field(related.description(format!(
                "Statistics over the `{}` of each, once for every row that refers to it, as far \
                 as you may see them.",
                relation.name
            )));
        }
    }
    object
}

/// A field that tells statistics over rows of `target`.
pub(super) fn define_field(
    view: View<'_>,
    name: &str,
    description: &str,
    target: &Entity,
) -> Field {
    let field = answered(name, view.statistics(target, type_name(target))).description(description);
    iter::once(filter::argument(target))
        .chain(search::argument(view, target))
        .fold(field, Field::argument)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads statistics over the rows of `source`: the arguments that choose
    /// the rows, and the selections.
    pub(super) fn aggregate(
        &mut self,
        mut source: Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Aggregate<'c>, ApiError> {
        self.narrow(&mut source, fields[0])?;
        self.charge_counts(cost::COUNT);
        let mut population = Population::from(source.clone());
        let members = self.statistics(&source, &mut population, None, fields)?;
        Ok(Aggregate {
            enough: self.enough(&population, &source, None),
            population,
            members,
        })
    }

    /// Reads statistics over the rows of `source`, which are those of the
    /// population or joined to them, or over a subset of them.
    pub(super) fn statistics(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        subset: Option<&Subset<'c>>,
        fields: &[&'r Selected],
    ) -> Result<Vec<(String, Statistic<'c>)>, ApiError> {
        let entity = source.entity();
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name(entity))? {
            let member = self.under(key, |reader| {
                reader.statistic(source, population, subset, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(members)
    }

    pub(super) fn statistic(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        subset: Option<&Subset<'c>>,
        fields: &[&'r Selected],
    ) -> Result<Statistic<'c>, ApiError> {
        let entity = source.entity();
        let condition = subset.map(|subset| &subset.rows);
        let name = fields[0].name.as_str();
        match name {
            "__typename" => return Ok(Statistic::Typename(Cow::Owned(type_name(entity)))),
            "count" => {
                let count = self.row_count(population, source, condition);
                return Ok(Statistic::Measure(count));
            }
            MATCHING => {
                let (filter, price) =
                    self.priced(|reader| reader.matching(source, population, fields[0]))?;
                let subset = Subset::of(subset, filter);
                let enough = self.enough(population, source, Some(&subset));
                let members = self.per_condition(price, |reader| {
                    reader.statistics(source, population, Some(&subset), fields)
                })?;
                return Ok(Statistic::Object(members, enough.map(Box::new)));
            }
            _ => {}
        }
        if let Some(field) = self.view().counted(entity, name) {
            return self.measures(source, field, condition, fields);
        }
        let related = self.joined_by_name(population, source, name)?;
        self.across(|reader| {
            let enough = reader.enough(population, &related, subset);
            let members = reader.statistics(&related, population, subset, fields)?;
            Ok(Statistic::Object(members, enough.map(Box::new)))
        })
    }

    /// How many rows of `source` there are in a population, as far as they
    /// meet a condition.
    pub(super) fn row_count(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<&Predicate<'c>>,
    ) -> Measure<'c> {
        if condition.is_some() {
            self.charge_measure(false);
        }
        let is_joined = source.alias() != population.source.alias();
        Measure {
            function: Function::Count,
            operand: is_joined.then(|| self.key(source)),
            condition: condition.cloned(),
        }
    }

    /// Reads the filter of statistics over some of the rows. A condition that
    /// looks up other rows is met or not once for each row, however many
    /// statistics depend on it: the row is joined to itself if it meets it.
    fn matching(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        field: &Selected,
    ) -> Result<Predicate<'c>, ApiError> {
        let input = Input::argument(field, filter::FILTER, self.variables())
            .ok_or_else(|| ApiError::internal(&"statistics over some rows without a filter"))?;
        let filter = self
            .filter(source, input)
            .map_err(|error| error.within(filter::FILTER))?;
        if !filter.asks_others() {
            return Ok(filter);
        }
        let mut meeting = self.itself(source);
        meeting.narrow(filter);
        let is_met = Predicate::IsNull(self.key(&meeting)).negate();
        let step = Step {
            source: meeting,
            always: false,
        };
        self.join(population, step)?;
        Ok(is_met)
    }

    /// The row that those of `source` refer to by a relation of that name,
    /// joined to a population once.
    pub(super) fn joined_by_name(
        &mut self,
        population: &mut Population<'c>,
        source: &Source<'c>,
        name: &str,
    ) -> Result<Source<'c>, ApiError> {
        let (relation, _) = self
            .view()
            .relation(source.entity(), name)
            .ok_or_else(|| ApiError::internal(&format!("no statistics of {name}")))?;
        self.joined(source, population, relation)
    }

    /// The row that those of `source` refer to, joined to a population once.
    fn joined(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        relation: &'c Relation,
    ) -> Result<Source<'c>, ApiError> {
        let view = self.view();
        let target = view.catalog.entity(relation.target);
        if let Some(step) = population.related(source, relation, target) {
            return Ok(step.source.clone());
        }
        self.charge(cost::RELATED);
        let always = view
            .catalog
            .always_related(source.entity(), relation, view.role);
        let related = self.child(source, relation);
        let step = Step {
            always: always && population.has_always(source.alias()),
            source: related.clone(),
        };
        self.join(population, step)?;
        Ok(related)
    }
}
