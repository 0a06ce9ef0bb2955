use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Field as Selected;
use apollo_compiler::response::JsonMap;
use uuid::Uuid;

use super::aggregate;
use super::collect::{Collected, Collector};
use super::grouping;
use super::limits::Limits;
use super::meter::{Meter, Spent};
use super::verb::{Asked, Verb};
use super::view::View;
use super::write::form_of;
use crate::auth::Requester;
use crate::catalog::{Catalog, Entity, Field, Relation};
use crate::error::ApiError;
use crate::plan::{
    Alias, Enough, Grouping, JsonPath, ParamId, Plan, Planner, Population, Root, Scalar, Source,
    Subset, Value, Walk, Zone,
};

/// Reads one root field of a validated operation into a plan.
///
/// What each notion of the schema means is read beside its definition: see
/// `lookup`, `node`, `object`, `connection`, `filter`, `order` and `page`.
pub(super) struct Reader<'c, 'r> {
    planner: Planner<'c>,
    view: View<'c>,
    pub(super) request: Request<'r>,
    pub(super) path: Vec<String>,
    pub(super) meter: Meter,
}

/// The validated operation that is read.
#[derive(Clone, Copy)]
pub(super) struct Request<'r> {
    pub document: &'r ExecutableDocument,
    pub variables: &'r JsonMap,
    pub limits: &'r Limits,
    /// Where the keys of new rows come from.
    pub keys: fn() -> Uuid,
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
        let mut reader = Self::new(catalog, requester, request, spent);
        let root = reader.under(key, |reader| reader.root(fields));
        *spent = reader.meter.spent;
        Ok(reader.planner.finish(root?))
    }

    /// Reads a mutation, given like a root field to [`plan`](Self::plan).
    pub(super) fn ask(
        catalog: &'c Catalog,
        requester: Requester,
        request: Request<'r>,
        (key, fields): (&'r str, &[&'r Selected]),
        verbs: &'c [Verb],
        spent: &mut Spent,
    ) -> Result<Asked<'c>, ApiError> {
        let mut reader = Self::new(catalog, requester, request, spent);
        let name = fields[0].name.as_str();
        let asked = reader.under(key, |reader| {
            if let Some(verb) = verbs.iter().find(|verb| verb.name() == name) {
                return reader.asked(verb, fields);
            }
            let (entity, form) = form_of(reader.view, name)
                .ok_or_else(|| ApiError::internal(&format!("no mutation {name}")))?;
            reader.asked_write(entity, form, fields)
        });
        *spent = reader.meter.spent;
        asked
    }

    fn new(
        catalog: &'c Catalog,
        requester: Requester,
        request: Request<'r>,
        spent: &mut Spent,
    ) -> Self {
        Self {
            planner: Planner::new(catalog, requester),
            view: View {
                catalog,
                role: requester.role(),
            },
            request,
            path: Vec::new(),
            meter: Meter::new(std::mem::take(spent)),
        }
    }

    /// Plans something apart from what is planned around it.
    pub(super) fn apart_plan<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(Root<'c>, T), ApiError>,
    ) -> Result<(Plan<'c>, T), ApiError> {
        let planner = Planner::new(self.view.catalog, self.planner.requester());
        let around = std::mem::replace(&mut self.planner, planner);
        let read = read(self);
        let planner = std::mem::replace(&mut self.planner, around);
        let (root, beside) = read?;
        Ok((planner.finish(root), beside))
    }

    fn root(&mut self, fields: &[&'r Selected]) -> Result<Root<'c>, ApiError> {
        let name = fields[0].name.as_str();
        match name {
            "me" => return self.me(fields),
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

    pub(super) fn planner(&mut self) -> &mut Planner<'c> {
        &mut self.planner
    }

    pub(super) fn requester(&self) -> Requester {
        self.planner.requester()
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

    pub(super) fn named_row(
        &mut self,
        entity: &'c Entity,
        names: ParamId,
        kind: usize,
    ) -> Source<'c> {
        self.planner.named_row(entity, names, kind)
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
        subset: Option<&Subset<'c>>,
    ) -> Option<Enough<'c>> {
        self.planner.enough(population, source, subset)
    }

    /// Binds a value of the caller, and counts its texts.
    pub(super) fn bind(&mut self, value: Value) -> ParamId {
        self.spend_texts(&value);
        self.bind_own(value)
    }

    /// Binds a value that the engine made, or that is counted elsewhere.
    pub(super) fn bind_own(&mut self, value: Value) -> ParamId {
        self.planner.bind(value)
    }

    /// Gathers the selections of `fields` for an object of a type.
    pub(super) fn collect(
        &mut self,
        fields: &[&'r Selected],
        type_name: &str,
    ) -> Result<Collected<'r>, ApiError> {
        let collector = self.gather(fields, type_name);
        self.spend_selections(&collector)
            .map_err(|error| error.on(&self.path))?;
        Ok(collector.collected)
    }

    /// The selections of `fields` for an object of a type, not counted.
    pub(super) fn gather<'t>(
        &self,
        fields: &[&'r Selected],
        type_name: &'t str,
    ) -> Collector<'r, 't> {
        let request = self.request;
        let mut collector = Collector::new(
            request.document,
            request.variables,
            type_name,
            request.limits,
        );
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
