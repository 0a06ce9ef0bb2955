use super::faults::Faults;
use super::references::each;
use crate::access::{Rule, Verdict};
use crate::catalog::{Entity, Field, Kind};
use crate::error::ApiError;
use crate::graphql::Selected;
use crate::graphql::cost::COUNT;
use crate::graphql::input::Input;
use crate::graphql::selection::Reader;
use crate::plan::write::{
    ALLOWED, BEFORE, Check, Choice, KEY, Named, Targets, VALUE, VERSION, Written,
};
use crate::plan::{Member, Predicate, Root, Source, Value};

/// The name of the argument that says which version of a row is meant.
pub(super) const IF_VERSION: &str = "ifVersion";
/// That of the one with the condition of a bulk change.
pub(super) const FILTER: &str = "filter";
/// And of the one that says how many rows may meet it.
pub(super) const AT_MOST: &str = "atMost";

/// What rows are to be written for.
pub(super) struct Purpose<'p, 'c> {
    /// The rules that must admit each.
    pub rules: &'p [&'c Rule],
    /// The values that are to change.
    pub changed: &'p [Written<'c>],
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans rows that are named one by one.
    pub(super) fn named_targets(
        &mut self,
        entity: &'c Entity,
        field: &'c Field,
        named: Vec<Named>,
        purpose: &Purpose<'_, 'c>,
    ) -> Result<Targets<'c>, ApiError> {
        self.charge(named.len() as u64);
        let (plan, ()) = self.apart_plan(|reader| {
            let mut source = reader.source(entity);
            reader.named_by(&mut source, field, &named);
            let value = Member::Scalar(reader.scalar(&source, field));
            let mut members = reader.target_members(&source, purpose);
            members.push((VALUE.to_owned(), value));
            Ok((each(source, members, None, true), ()))
        })?;
        Ok(Targets {
            plan,
            choice: Choice::Named(named),
            if_version: None,
            bound: Vec::new(),
        })
    }

    /// Plans the rows that meet the filter of a bulk change, out of those that
    /// may be written so.
    pub(super) fn matching_targets(
        &mut self,
        entity: &'c Entity,
        field: &'r Selected,
        purpose: &Purpose<'_, 'c>,
        faults: &mut Faults,
    ) -> Result<Targets<'c>, ApiError> {
        let most = self.at_most(field, faults);
        self.charge(most.saturating_add(COUNT));
        let filter = Input::argument(field, FILTER, self.variables());
        let filter = filter.ok_or_else(|| ApiError::internal(&"a bulk change without filter"))?;
        let (plan, everything) = self.apart_plan(|reader| {
            let source = reader.source(entity);
            let (source, everything) = reader.narrowed_to(source, filter, purpose)?;
            let members = reader.target_members(&source, purpose);
            // One more tells that there are too many.
            let limit = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
            let limit = reader.bind(Value::Int(limit));
            Ok((each(source, members, Some(limit), true), everything))
        })?;
        if everything {
            faults.under(FILTER, |faults| {
                faults.add("Say which rows are meant. A filter without conditions means all.");
            });
        }
        let (count, ()) = self.apart_plan(|reader| {
            let source = reader.source(entity);
            let (source, _) = reader.narrowed_to(source, filter, purpose)?;
            Ok((Root::Count(Box::new(source)), ()))
        })?;
        Ok(Targets {
            plan,
            choice: Choice::Matching {
                most,
                count: Box::new(count),
            },
            if_version: None,
            bound: Vec::new(),
        })
    }

    /// Narrows a source to what a filter and the purpose admit, and tells
    /// whether the filter asks nothing.
    fn narrowed_to(
        &mut self,
        mut source: Source<'c>,
        filter: Input<'_>,
        purpose: &Purpose<'_, 'c>,
    ) -> Result<(Source<'c>, bool), ApiError> {
        let predicate = self.filter(&source, filter);
        let predicate = predicate.map_err(|error| error.within(FILTER))?;
        let everything = matches!(predicate, Predicate::True);
        source.narrow(predicate);
        let admitted = self.planner().admits(&source, purpose.rules);
        source.narrow(admitted);
        Ok((source, everything))
    }

    /// How many rows a bulk change may write.
    fn at_most(&mut self, field: &Selected, faults: &mut Faults) -> u64 {
        let given = Input::given(field, AT_MOST, self.variables());
        let given = given.and_then(Input::integer).unwrap_or(1);
        let greatest = self.limits().bulk.of(self.view().role);
        match u64::try_from(given) {
            Ok(most) if most > 0 && most <= greatest => return most,
            Ok(most) if most > 0 => faults.under(AT_MOST, |faults| {
                faults.add(format!("At most {greatest} rows can be written at once."));
            }),
            _ => faults.under(AT_MOST, |faults| faults.add("Give at least 1.")),
        }
        1
    }

    /// What is read of each row that is to be written.
    pub(super) fn target_members(
        &mut self,
        source: &Source<'c>,
        purpose: &Purpose<'_, 'c>,
    ) -> Vec<(String, Member<'c>)> {
        let allowed = self.planner().admits(source, purpose.rules);
        let mut members = vec![
            (KEY.to_owned(), source.stored_key()),
            (ALLOWED.to_owned(), Member::Condition(allowed)),
            (BEFORE.to_owned(), source.stored_object(purpose.changed)),
        ];
        let entity = source.entity();
        if let Some(place) = entity.writes.version {
            let version = source.stored(entity.column_at(place));
            members.push((VERSION.to_owned(), version));
        }
        members
    }

    /// Plans what rows must turn out to be; nothing where every row is, or
    /// where it was asked before and nothing changes that it asks about.
    pub(super) fn check_of(
        &mut self,
        entity: &'c Entity,
        rules: &[&'c Rule],
        changed: Option<&[Written<'c>]>,
    ) -> Result<Option<Check<'c>>, ApiError> {
        let role = self.view().role;
        let catalog = self.view().catalog;
        let is_open = |rule: &&&'c Rule| {
            catalog.rule_verdict(entity, rule, role) != Verdict::Always
                && changed.is_none_or(|changed| asks_about(rule, changed))
        };
        let open: Vec<&'c Rule> = rules.iter().filter(is_open).copied().collect();
        if open.is_empty() {
            return Ok(None);
        }
        let (plan, keys) = self.apart_plan(|reader| {
            let mut source = reader.planner().admitted(entity, &open);
            let keys = reader.bind(Value::List(Kind::Uuid, Vec::new()));
            let key = reader.key(&source);
            source.narrow(Predicate::In(key, keys));
            let members = vec![(KEY.to_owned(), source.stored_key())];
            Ok((each(source, members, None, false), keys))
        })?;
        Ok(Some(Check { plan, keys }))
    }

    /// Reads the version that the client knows, and the rule of who may know
    /// it.
    pub(super) fn if_version(
        &mut self,
        faults: &mut Faults,
        entity: &'c Entity,
        field: &Selected,
    ) -> Option<(i64, &'c Rule)> {
        let given = Input::given(field, IF_VERSION, self.variables())?;
        let known = self.view().version(entity)?;
        // The scalar takes anything, and whoever gives a version means it.
        let version = given.integer().unwrap_or_else(|| {
            faults.under(IF_VERSION, |faults| faults.add("Give a whole number."));
            0
        });
        Some((version, &known.read))
    }
}

/// Whether a rule asks about any of these columns.
fn asks_about(rule: &Rule, changed: &[Written<'_>]) -> bool {
    let mut asks = false;
    rule.walk(&mut |rule| {
        let column = match rule {
            Rule::Owner { column } => column,
            Rule::Through(reference) => &reference.column,
            Rule::Rows(test) => &test.column,
            Rule::Everyone | Rule::Role(_) | Rule::AnyOf(_) | Rule::AllOf(_) | Rule::Amiss(_) => {
                return;
            }
        };
        asks |= changed.iter().any(|written| written.column.name == *column);
    });
    asks
}
