use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Field as Selected;
use apollo_compiler::response::JsonMap;

use super::aggregate;
use super::collect::{Collected, Collector};
use super::cost::Cost;
use super::document::Limits;
use super::grouping;
use super::view::View;
use crate::access::Role;
use crate::auth::Requester;
use crate::catalog::{Catalog, Entity, Field, Relation};
use crate::error::{ApiError, Code};
use crate::plan::{
    Alias, Enough, Grouping, JsonPath, ParamId, Plan, Planner, Population, Predicate, Root, Scalar,
    Source, Value, Walk, Zone,
};

/// Reads one root field of a validated operation into a plan.
///
/// What each notion of the schema means is read beside its definition: see
/// `lookup`, `node`, `object`, `connection`, `filter`, `order` and `page`.
pub(super) struct Reader<'c, 'r> {
    planner: Planner<'c>,
    view: View<'c>,
    request: Request<'r>,
    path: Vec<String>,
    /// How many rows what is being read may stand for.
    fan: u64,
    /// How many groups of rows it may stand for besides.
    repeats: u64,
    /// What the conditions cost on which the statistics that are being read
    /// depend.
    per_measure: u64,
    /// How many relations the condition or sort key that is being read is away
    /// from the rows of its list.
    relations: usize,
    /// How many texts are looked for whatever their case.
    patterns: usize,
    spent: Spent,
}

/// What reading an operation has come to so far, against its [`Limits`].
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    pub selections: usize,
    pub conditions: usize,
    pub items: usize,
    pub cost: Cost,
    pub values: u64,
}

impl Spent {
    /// Refuses what costs more than the role has, or answers with more than
    /// anyone may have at once.
    pub(super) fn check(&self, limits: &Limits, role: Role) -> Result<(), ApiError> {
        self.cost.check(&limits.budgets, role)?;
        if self.values <= limits.values {
            return Ok(());
        }
        Err(ApiError::new(
            Code::QueryTooComplex,
            format!(
                "The operation may come to {} values, and {} are allowed. \
                 Ask for fewer fields or smaller pages.",
                self.values, limits.values
            ),
        ))
    }
}

/// The validated operation that is read.
#[derive(Clone, Copy)]
pub(super) struct Request<'r> {
    pub document: &'r ExecutableDocument,
    pub variables: &'r JsonMap,
    pub limits: &'r Limits,
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans a root field, given as all selections that share its response
    /// key. `spent` counts over the whole operation.
    pub(super) fn plan(
        catalog: &'c Catalog,
        requester: Requester,
        request: Request<'r>,
        key: &'r str,
        fields: &[&'r Selected],
        spent: &mut Spent,
    ) -> Result<Plan<'c>, ApiError> {
        let mut reader = Self {
            planner: Planner::new(catalog, requester),
            view: View {
                catalog,
                role: requester.role(),
            },
            request,
            path: Vec::new(),
            fan: 1,
            repeats: 1,
            per_measure: 0,
            relations: 0,
            patterns: 0,
            spent: std::mem::take(spent),
        };
        let root = reader.under(key, |reader| reader.root(fields));
        *spent = std::mem::take(&mut reader.spent);
        Ok(reader.planner.finish(root?))
    }

    fn root(&mut self, fields: &[&'r Selected]) -> Result<Root<'c>, ApiError> {
        let name = fields[0].name.as_str();
        match name {
            "node" => return self.node(fields),
            "nodes" => return self.nodes(fields),
            _ => {}
        }
        for entity in self.view.entities() {
            if entity.singular_field == name {
                return self.lookup(entity, fields);
            }
            if entity.plural_field == name {
                return self.list(entity, fields);
            }
            if aggregate::root_name(entity) == name {
                let source = self.source(entity);
                let aggregate = self.aggregate(source, fields)?;
                return Ok(Root::Aggregate(Box::new(aggregate)));
            }
            if grouping::root_name(entity) == name {
                let source = self.source(entity);
                let groups = self.groups(source, None, fields)?;
                return Ok(Root::Connection(Box::new(groups)));
            }
        }
        Err(ApiError::internal(&format!("no root field {name}")))
    }

    pub(super) fn view(&self) -> View<'c> {
        self.view
    }

    pub(super) fn variables(&self) -> &'r JsonMap {
        self.request.variables
    }

    pub(super) fn source(&mut self, entity: &'c Entity) -> Source<'c> {
        self.planner.source(entity)
    }

    pub(super) fn child(&mut self, parent: &Source<'c>, relation: &'c Relation) -> Source<'c> {
        self.planner.child(parent, relation)
    }

    pub(super) fn child_apart(
        &mut self,
        parent: &Source<'c>,
        relation: &'c Relation,
    ) -> Source<'c> {
        self.planner.child_apart(parent, relation)
    }

    pub(super) fn apart(&mut self, source: &Source<'c>) -> Source<'c> {
        self.planner.apart(source)
    }

    pub(super) fn itself(&mut self, source: &Source<'c>) -> Source<'c> {
        self.planner.itself(source)
    }

    pub(super) fn keyed(&mut self, entity: &'c Entity, groups: Alias, key: usize) -> Source<'c> {
        self.planner.keyed(entity, groups, key)
    }

    pub(super) fn scalar(&mut self, source: &Source<'c>, field: &'c Field) -> Scalar<'c> {
        self.planner.scalar(source, field)
    }

    pub(super) fn json_path(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        path: JsonPath,
    ) -> Scalar<'c> {
        self.planner.json_path(source, field, path)
    }

    pub(super) fn reached(
        &mut self,
        parent: &Source<'c>,
        relation: &'c Relation,
        up: bool,
        depth: ParamId,
    ) -> Source<'c> {
        self.planner.reached(parent, relation, up, depth)
    }

    pub(super) fn walk(
        &mut self,
        start: Source<'c>,
        relation: &'c Relation,
        up: bool,
        depth: ParamId,
    ) -> Walk<'c> {
        self.planner.walk(start, relation, up, depth)
    }

    pub(super) fn key(&mut self, source: &Source<'c>) -> Scalar<'c> {
        self.planner.key(source)
    }

    pub(super) fn enough(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<&Predicate<'c>>,
    ) -> Option<Enough<'c>> {
        self.planner.enough(population, source, condition)
    }

    pub(super) fn enough_of_some(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<&Predicate<'c>>,
        filter: &Predicate<'c>,
    ) -> Option<Enough<'c>> {
        self.planner
            .enough_of_some(population, source, condition, filter)
    }

    pub(super) fn bind(&mut self, value: Value) -> ParamId {
        self.planner.bind(value)
    }

    /// Gathers the selections of `fields` for an object of a type.
    pub(super) fn collect(
        &mut self,
        fields: &[&'r Selected],
        type_name: &str,
    ) -> Result<Collected<'r>, ApiError> {
        let collector = self.gather(fields, type_name);
        self.spent.selections += collector.selections();
        let limits = self.request.limits;
        within(self.path.len(), limits.depth, "levels of selections")
            .and_then(|()| within(self.spent.selections, limits.selections, "selections"))
            .and_then(|()| collector.check(limits))
            .map_err(|error| error.on(&self.path))?;
        let fields = collector.collected.len() as u64;
        self.spent.values = self
            .spent
            .values
            .saturating_add(fields.saturating_mul(self.fan).saturating_mul(self.repeats));
        Ok(collector.collected)
    }

    /// The selections of `fields` for an object of a type, not counted.
    pub(super) fn gather<'t>(
        &self,
        fields: &[&'r Selected],
        type_name: &'t str,
    ) -> Collector<'r, 't> {
        let mut collector =
            Collector::new(self.request.document, self.request.variables, type_name);
        for set in fields
            .iter()
            .filter_map(|field| field.selection_set.as_ref())
        {
            collector.add(set);
        }
        collector
    }

    /// Reads something under a response key, which any error then names.
    pub(super) fn under<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.path.push(key.to_owned());
        let result = read(self).map_err(|error| error.on(&self.path));
        self.path.pop();
        result
    }

    /// Counts one more condition, this deep within its filter.
    pub(super) fn spend_condition(&mut self, depth: usize) -> Result<(), ApiError> {
        self.spent.conditions += 1;
        let limits = self.request.limits;
        within(depth, limits.depth, "levels of conditions")?;
        within(self.spent.conditions, limits.conditions, "conditions")
    }

    /// Counts texts that are looked for whatever their case.
    pub(super) fn spend_patterns(&mut self, patterns: usize) -> Result<(), ApiError> {
        self.patterns += patterns;
        within(
            self.patterns,
            self.request.limits.patterns,
            "texts under one root field that are looked for whatever their case",
        )
    }

    /// Counts the items of a list that is compared with.
    pub(super) fn spend_items(&mut self, items: usize) -> Result<(), ApiError> {
        self.spent.items += items;
        within(
            self.spent.items,
            self.request.limits.items,
            "items in lists",
        )
    }

    /// Reads a condition or a sort key on the other side of a relation.
    pub(super) fn across<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let limit = self.request.limits.relations;
        within(self.relations + 1, limit, "relations in a row")?;
        self.relations += 1;
        let result = read(self);
        self.relations -= 1;
        result
    }

    /// Adds to the cost, for each row that what is being read hangs on.
    pub(super) fn charge(&mut self, units: u64) {
        let units = units.saturating_mul(self.fan);
        self.spent.cost.add(&self.path, units);
    }

    /// Adds a statistic to the cost, and the condition that it depends on.
    pub(super) fn charge_measure(&mut self, units: u64) {
        self.charge(units.saturating_add(self.per_measure));
    }

    /// Reads something, and what it costs for each row it hangs on.
    pub(super) fn priced<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<(T, u64), ApiError> {
        let before = self.spent.cost.total();
        let result = read(self)?;
        let spent = self.spent.cost.total() - before;
        Ok((result, spent / self.fan.max(1)))
    }

    /// Reads statistics that depend on a condition of that cost, which is
    /// asked anew for each of them.
    pub(super) fn per_condition<T>(
        &mut self,
        price: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let around = self.per_measure;
        self.per_measure = around.saturating_add(price);
        let result = read(self);
        self.per_measure = around;
        result
    }

    /// Reads something that up to `most` rows have, for each row it hangs on.
    pub(super) fn per_row<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.charge(most);
        self.for_each(most, read)
    }

    /// The same of rows that are charged already.
    pub(super) fn for_each<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let around = self.fan;
        self.fan = around.saturating_mul(most);
        let result = read(self);
        self.fan = around;
        result
    }

    /// Reads what is told of each of up to `most` groups. What is computed of
    /// all of them costs as much as of one: every row is in one group.
    pub(super) fn per_group<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.charge(most);
        let around = self.repeats;
        self.repeats = around.saturating_mul(most);
        let result = read(self);
        self.repeats = around;
        result
    }

    /// Reads what is told of up to `most` rows of each group.
    pub(super) fn per_sample<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let groups = std::mem::replace(&mut self.repeats, 1);
        let result = self.per_row(groups.saturating_mul(most), read);
        self.repeats = groups;
        result
    }

    pub(super) fn grouping(&mut self, population: Population<'c>) -> Grouping<'c> {
        self.planner.grouping(population)
    }

    pub(super) fn clock(
        &mut self,
        population: &mut Population<'c>,
        moment: &Scalar<'c>,
        zone: &Zone,
    ) -> Alias {
        self.planner.clock(population, moment, zone)
    }

    pub(super) fn level(
        &mut self,
        population: &mut Population<'c>,
        source: &Source<'c>,
        relation: &'c Relation,
        level: ParamId,
        depth: ParamId,
    ) -> Scalar<'c> {
        self.planner
            .level(population, source, relation, level, depth)
    }

    pub(super) fn limits(&self) -> &'r Limits {
        self.request.limits
    }
}

/// Refuses what comes to more than its limit.
pub(super) fn within(count: usize, limit: usize, what: &str) -> Result<(), ApiError> {
    if count <= limit {
        return Ok(());
    }
    Err(ApiError::new(
        Code::QueryTooComplex,
        format!("The operation comes to more than {limit} {what}. Ask for less at once."),
    ))
}
