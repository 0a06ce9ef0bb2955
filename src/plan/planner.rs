use super::{Alias, Plan, Root, Value};
use crate::auth::Requester;
use crate::catalog::Catalog;

/// Names one bound value of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParamId(pub usize);

/// A bound value and where it came from.
#[derive(Clone, Debug)]
pub struct Param {
    /// The value.
    pub value: Value,
    /// Where another request with the same document finds its own.
    pub origin: Origin,
}

/// Where a bound value comes from. A compiled statement is used again for
/// another request by reading each value anew from its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in the document or in a declaration: the same every time.
    Constant,
    /// The requester's user id.
    Requester,
    /// Computed from a variable's value in a way that only planning knows.
    Planned,
}

/// Builds a plan for one requester. Planning reads no row: it is a function
/// of the catalogue, the requester and the request.
#[derive(Debug)]
pub struct Planner<'c> {
    catalog: &'c Catalog,
    requester: Requester,
    params: Vec<Param>,
    aliases: usize,
}

impl<'c> Planner<'c> {
    /// A planner with nothing planned yet.
    #[must_use]
    pub fn new(catalog: &'c Catalog, requester: Requester) -> Self {
        Self {
            catalog,
            requester,
            params: Vec::new(),
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

    /// Binds a value.
    pub fn bind(&mut self, value: Value) -> ParamId {
        self.bind_from(value, Origin::Planned)
    }

    /// Binds a value of known origin, once per statement where it is the same
    /// for certain.
    pub fn bind_from(&mut self, value: Value, origin: Origin) -> ParamId {
        let known = self.params.iter().position(|param| {
            origin != Origin::Planned && param.origin == origin && param.value == value
        });
        ParamId(known.unwrap_or_else(|| {
            self.params.push(Param { value, origin });
            self.params.len() - 1
        }))
    }

    /// Closes the plan.
    #[must_use]
    pub fn finish(self, root: Root<'c>) -> Plan<'c> {
        Plan {
            root,
            params: self.params,
        }
    }

    pub(super) fn alias(&mut self) -> Alias {
        let alias = Alias(self.aliases);
        self.aliases += 1;
        alias
    }
}
