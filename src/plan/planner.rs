use super::{Alias, Plan, Root, Value};
use crate::access::AppliedRule;
use crate::auth::Requester;
use crate::catalog::Catalog;

/// Names one bound value of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParamId(pub usize);

/// A bound value.
#[derive(Clone, Debug)]
pub struct Param {
    /// The value.
    pub value: Value,
    /// Whether a rule gave it rather than the client. Those are bound once.
    ruled: bool,
}

/// Builds a plan for one requester. Planning reads no row: it is a function
/// of the catalogue, the requester and the request.
#[derive(Debug)]
pub struct Planner<'c> {
    catalog: &'c Catalog,
    requester: Requester,
    params: Vec<Param>,
    rules: Vec<AppliedRule<'c>>,
    aliases: usize,
}

impl Param {
    /// A value that the client gave.
    #[must_use]
    pub fn given(value: Value) -> Self {
        Self {
            value,
            ruled: false,
        }
    }
}

impl<'c> Planner<'c> {
    /// A planner with nothing planned yet.
    #[must_use]
    pub fn new(catalog: &'c Catalog, requester: Requester) -> Self {
        Self {
            catalog,
            requester,
            params: Vec::new(),
            rules: Vec::new(),
            aliases: 0,
        }
    }

    /// What can be read at all.
    #[must_use]
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// Who is asking.
    #[must_use]
    pub fn requester(&self) -> Requester {
        self.requester
    }

    /// Binds a value that the client gave. Each is bound anew, for the text of
    /// the statement must not depend on whether two are equal.
    pub fn bind(&mut self, value: Value) -> ParamId {
        self.push(value, false)
    }

    /// Binds a value of a rule, such as the requester's id, once.
    pub(crate) fn bind_ruled(&mut self, value: Value) -> ParamId {
        let known = self
            .params
            .iter()
            .position(|param| param.ruled && param.value == value);
        match known {
            Some(place) => ParamId(place),
            None => self.push(value, true),
        }
    }

    /// Notes that a rule narrows what is read, once.
    pub(crate) fn note(&mut self, rule: AppliedRule<'c>) {
        if !self.rules.iter().any(|known| known.is(&rule)) {
            self.rules.push(rule);
        }
    }

    fn push(&mut self, value: Value, ruled: bool) -> ParamId {
        self.params.push(Param { value, ruled });
        ParamId(self.params.len() - 1)
    }

    /// Closes the plan.
    #[must_use]
    pub fn finish(self, root: Root<'c>) -> Plan<'c> {
        Plan {
            root,
            params: self.params,
            rules: self.rules,
        }
    }

    pub(super) fn alias(&mut self) -> Alias {
        let alias = Alias(self.aliases);
        self.aliases += 1;
        alias
    }
}
