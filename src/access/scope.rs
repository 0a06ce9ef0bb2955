use super::{AppliedRule, Reference, RowTest, Rule, Verdict};
use crate::catalog::{Column, Entity, Field, Kind};
use crate::plan::{Alias, Comparison, Planner, Predicate, Scalar, Value};

/// The surrounding row that a source hangs on, and by which columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    /// The entity of the surrounding row, whose own rule that row has passed.
    pub parent: &'c Entity,
    /// The column of the source.
    pub column: &'c Column,
    /// The column of the surrounding row that equals it.
    pub parent_column: &'c Column,
}

/// The rows of `entity` that the requester may see.
pub(crate) fn row_scope<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    context: Option<Context<'c>>,
) -> Predicate<'c> {
    let role = planner.requester().role();
    match planner.catalog().visibility(entity, role) {
        Verdict::Never => Predicate::False,
        Verdict::Always => Predicate::True,
        Verdict::PerRow => {
            note(planner, entity, None);
            compile(planner, entity, alias, &entity.read, context)
        }
    }
}

/// The rows on which the requester may read `field`: `None` for all of them.
/// A field that no row shows is one that no row shows here either.
pub(crate) fn field_mask<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    field: &'c Field,
) -> Option<Predicate<'c>> {
    let role = planner.requester().role();
    match planner.catalog().field_verdict(entity, field, role) {
        Verdict::Never => Some(Predicate::False),
        Verdict::Always => None,
        Verdict::PerRow => {
            note(planner, entity, Some(field));
            Some(compile(planner, entity, alias, &field.read, None))
        }
    }
}

/// The rows of `entity` on which `rule`, of theirs or of a field or input,
/// admits the requester.
pub(crate) fn rule_scope<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    rule: &'c Rule,
) -> Predicate<'c> {
    compile(planner, entity, alias, rule, None)
}

fn note<'c>(planner: &mut Planner<'c>, entity: &'c Entity, field: Option<&'c Field>) {
    let catalog = planner.catalog();
    planner.note(AppliedRule {
        catalog,
        entity,
        field,
    });
}

fn compile<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    rule: &'c Rule,
    context: Option<Context<'c>>,
) -> Predicate<'c> {
    let role = planner.requester().role();
    match planner.catalog().rule_verdict(entity, rule, role) {
        Verdict::Never => return Predicate::False,
        Verdict::Always => return Predicate::True,
        Verdict::PerRow => {}
    }
    match rule {
        Rule::Everyone => Predicate::True,
        // Decided by the verdict above.
        Rule::Role(_) | Rule::Amiss(_) => Predicate::False,
        Rule::Owner { column } => owned(planner, entity, alias, column),
        Rule::Rows(test) => passing(planner, entity, alias, test),
        Rule::Through(Reference { column, table, to }) => {
            let (Some(own), Some(target)) =
                (entity.column(column), planner.catalog().by_table(table))
            else {
                return Predicate::False;
            };
            let Some(other) = target.column(to) else {
                return Predicate::False;
            };
            if let Some(context) = context
                && std::ptr::eq(context.parent, target)
                && context.column.name == own.name
                && context.parent_column.name == other.name
            {
                return Predicate::True;
            }
            Predicate::Exists(Box::new(planner.referred(alias, own, target, other)))
        }
        Rule::AnyOf(rules) => {
            let compiled: Vec<_> = rules
                .iter()
                .map(|rule| compile(planner, entity, alias, rule, context))
                .collect();
            Predicate::any(compiled)
        }
        Rule::AllOf(rules) => {
            let compiled: Vec<_> = rules
                .iter()
                .map(|rule| compile(planner, entity, alias, rule, context))
                .collect();
            Predicate::all(compiled)
        }
    }
}

fn owned<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    column: &str,
) -> Predicate<'c> {
    let (Some(column), Some(user)) = (entity.column(column), planner.requester().user()) else {
        return Predicate::False;
    };
    let param = planner.bind_ruled(Value::Uuid(user));
    Predicate::Compare(Scalar::bare(alias, column), Comparison::Equal, param)
}

fn passing<'c>(
    planner: &mut Planner<'c>,
    entity: &'c Entity,
    alias: Alias,
    test: &'c RowTest,
) -> Predicate<'c> {
    let Some(column) = entity.column(&test.column) else {
        return Predicate::False;
    };
    Predicate::any(
        test.one_of
            .iter()
            .map(|value| {
                let param = planner.bind_ruled(Value::Text(value.clone()));
                Predicate::Compare(Scalar::bare(alias, column), Comparison::Equal, param)
            })
            .collect::<Vec<_>>(),
    )
}

/// Whether rules can test a column of this kind for one of several texts.
pub(crate) fn is_testable(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Enum(_))
}
