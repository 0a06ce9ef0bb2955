use async_graphql::dynamic::{self, InputValue, TypeRef};

use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use crate::catalog::{Entity, Field, Kind};
use crate::plan::{Function, Grouping, Measure, Population, Scalar, Source};

/// The name of a row's `id` among statistics and keys of groups, which are no
/// rows: caches of clients take a field `id` for the identity of what has it.
pub(super) const ROW_ID: &str = "rowId";

/// The name of a field among statistics and keys of groups.
pub(super) fn name_of(field: &Field) -> &str {
    match field.name.as_str() {
        "id" => ROW_ID,
        name => name,
    }
}

impl<'c> View<'c> {
    /// The field of that name among statistics and keys of groups.
    pub(super) fn counted(self, entity: &'c Entity, name: &str) -> Option<&'c Field> {
        let field = match name {
            ROW_ID => self.field(entity, "id"),
            name => self.field(entity, name),
        };
        field.filter(|field| name_of(field) == name)
    }
}

/// The inputs that name statistics over rows of an entity: those of its fields,
/// whose types are by their kinds, and those of the rows they refer to.
pub(super) fn inputs(
    view: View<'_>,
    entity: &Entity,
    of_kind: fn(&Kind) -> String,
    of_entity: fn(&Entity) -> String,
) -> Vec<InputValue> {
    let of_fields = view.fields(entity).map(|field| {
        let kind = &entity.column_of(field).kind;
        InputValue::new(name_of(field), TypeRef::named(of_kind(kind)))
            .description(&field.description)
    });
    let of_related = view.to_one(entity).map(|(relation, target)| {
        InputValue::new(&relation.name, TypeRef::named(of_entity(target))).description(format!(
            "Of the `{}` of each, as far as you may see them.",
            relation.name
        ))
    });
    of_fields.chain(of_related).collect()
}

/// The fields that tell statistics over the rows that those of an entity refer
/// to.
pub(super) fn of_related(
    view: View<'_>,
    entity: &Entity,
    of_entity: fn(&Entity) -> String,
) -> Vec<dynamic::Field> {
    let related = view.to_one(entity).map(|(relation, target)| {
        answered(&relation.name, TypeRef::named_nn(of_entity(target))).description(format!(
            "Of the `{}` of each, as far as you may see them.",
            relation.name
        ))
    });
    related.collect()
}

/// What has statistics that can be compared and sorted by.
pub(super) trait Statistics<'c> {
    /// The rows they are over.
    fn population(&mut self) -> &mut Population<'c>;

    /// A statistic as a value.
    fn scalar(&mut self, measure: Measure<'c>) -> Scalar<'c>;
}

/// Each group has statistics over its rows.
impl<'c> Statistics<'c> for Grouping<'c> {
    fn population(&mut self) -> &mut Population<'c> {
        &mut self.population
    }

    fn scalar(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        self.measure(measure)
    }
}

/// A row has statistics over those that hang on it.
impl<'c> Statistics<'c> for Population<'c> {
    fn population(&mut self) -> &mut Population<'c> {
        self
    }

    fn scalar(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        Scalar::over(self, measure)
    }
}

impl<'c> Reader<'c, '_> {
    /// A statistic over rows of `source`, as a value: null where these are too
    /// few for it to be told.
    pub(super) fn figure(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        measure: Measure<'c>,
    ) -> Scalar<'c> {
        let enough = self.enough(statistics.population(), source, None);
        let mut figure = statistics.scalar(measure);
        if let Some(enough) = enough {
            let met = enough.met(|measure| statistics.scalar(measure.clone()));
            figure.mask = Some(Box::new(met));
        }
        figure
    }

    /// The same of values.
    pub(super) fn figure_of(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        function: Function,
        operand: Scalar<'c>,
    ) -> Scalar<'c> {
        let measure = Measure {
            function,
            operand: Some(operand),
            condition: None,
        };
        self.figure(statistics, source, measure)
    }
}
