//! What is to be answered, read from the selections of a request. Whatever is
//! wrong with a request shows here, before any row is looked at.

use apollo_compiler::executable::SelectionSet;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::cursors::Cursors;
use super::datum::{Datum, Kind, split_id};
use super::facets::Facet;
use super::grouping::Groups;
use super::listing::Listing;
use super::model::{Entity, Link, Relation, column_of};
use super::path::Path;
use super::request::{Asked, Request, items};
use super::rows::LEVELS;
use super::statistics::Statistics;
use super::{Stop, refused, skipped};
use crate::generated::vocabulary::Vocabulary;

/// Something under its response key.
pub type Keyed<T> = Vec<(String, T)>;

/// A field of the query.
pub enum Root {
    TypeName,
    List(&'static Entity, Box<List>),
    /// The row whose column has that value.
    Lookup(&'static Entity, String, Datum, Keyed<Wanted>),
    Aggregate(&'static Entity, Statistics),
    Groups(&'static Entity, Box<Groups>),
    /// Who asks.
    Me(Keyed<Wanted>),
    Node(Option<Named>),
    Nodes(Vec<Option<Named>>),
}

/// A row named by its id.
pub struct Named {
    pub entity: &'static Entity,
    pub id: Uuid,
    pub wanted: Keyed<Wanted>,
}

/// A field of a row.
pub enum Wanted {
    TypeName,
    Column(String),
    Document(String, Option<Path>),
    One(&'static Relation, Keyed<Self>),
    Many(&'static Relation, List),
    Aggregate(&'static Relation, Statistics),
    Groups(&'static Relation, Box<Groups>),
    Ancestors(Keyed<Self>),
    Descendants(usize, List),
}

/// A list with what is wanted of its page.
pub struct List {
    pub listing: Listing,
    pub parts: Keyed<Part>,
}

pub enum Part {
    TypeName(String),
    TotalCount,
    Nodes(Keyed<Wanted>),
    Edges(Keyed<EdgePart>),
    PageInfo(Keyed<InfoPart>),
    Facets(Keyed<Facet>),
}

pub enum EdgePart {
    TypeName(String),
    Cursor,
    Node(Keyed<Wanted>),
}

pub enum InfoPart {
    TypeName(String),
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

/// Reads requests.
pub struct Planner<'d> {
    pub vocabulary: &'d Vocabulary,
    pub cursors: &'d Cursors,
    pub request: Request<'d>,
}

impl<'d> Planner<'d> {
    pub fn root(&self, set: &'d SelectionSet) -> Result<Keyed<Root>, Stop> {
        let asked = self.request.fields(&[set], "Query").into_iter();
        asked
            .map(|asked| Ok((asked.key.clone(), self.root_field(&asked)?)))
            .collect()
    }

    fn root_field(&self, asked: &Asked<'d>) -> Result<Root, Stop> {
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let arguments = &asked.arguments;
        match asked.field.name.as_str() {
            "__typename" => return Ok(Root::TypeName),
            "me" => {
                let users = Entity::named(ty).unwrap();
                return Ok(Root::Me(self.object(users, &asked.sets)?));
            }
            "node" => return Ok(Root::Node(self.named(asked, &arguments["id"])?)),
            "nodes" => {
                let ids = items(&arguments["ids"]);
                if ids.len() > 100 {
                    return refused("BAD_USER_INPUT");
                }
                let nodes = ids.iter().map(|id| self.named(asked, id));
                return Ok(Root::Nodes(nodes.collect::<Result<_, _>>()?));
            }
            _ => {}
        }
        if let Some(entity) = ty.strip_suffix("GroupConnection").and_then(Entity::named) {
            return Ok(Root::Groups(entity, self.groups(entity, asked)?.into()));
        }
        if let Some(entity) = ty.strip_suffix("Connection").and_then(Entity::named) {
            return Ok(Root::List(entity, self.list(entity, asked)?.into()));
        }
        if let Some(entity) = ty.strip_suffix("Aggregate").and_then(Entity::named) {
            return Ok(Root::Aggregate(entity, self.statistics(entity, asked)?));
        }
        let Some(entity) = Entity::named(ty) else {
            return skipped(&format!("the field Query.{}", asked.field.name));
        };
        let Some((name, value)) = arguments
            .get("by")
            .and_then(Value::as_object)
            .and_then(|by| by.iter().next())
        else {
            return refused("BAD_USER_INPUT");
        };
        let kind = match name.as_str() {
            "id" => Kind::Id(entity),
            _ => Kind::Text,
        };
        let value = kind.read(value)?;
        let wanted = self.object(entity, &asked.sets)?;
        Ok(Root::Lookup(entity, column_of(name), value, wanted))
    }

    fn named(&self, asked: &Asked<'d>, id: &Value) -> Result<Option<Named>, Stop> {
        let (prefix, id) = split_id(id.as_str().unwrap_or_default())?;
        let mut entities = self
            .vocabulary
            .entities
            .iter()
            .filter_map(|name| Entity::named(name));
        let Some(entity) = entities.find(|entity| entity.prefix == prefix) else {
            return refused("BAD_USER_INPUT");
        };
        let wanted = self.object(entity, &asked.sets)?;
        Ok(Some(Named { entity, id, wanted }))
    }

    /// The fields of a row.
    pub fn object(
        &self,
        entity: &'static Entity,
        sets: &[&'d SelectionSet],
    ) -> Result<Keyed<Wanted>, Stop> {
        let asked = self.request.fields(sets, entity.name).into_iter();
        asked
            .map(|asked| Ok((asked.key.clone(), self.wanted(entity, &asked)?)))
            .collect()
    }

    fn wanted(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<Wanted, Stop> {
        let name = asked.field.name.as_str();
        if name == "__typename" {
            return Ok(Wanted::TypeName);
        }
        if let Some(relation) = entity.relation(name) {
            return Ok(match relation.link {
                Link::One(_) => Wanted::One(relation, self.object(relation.entity(), &asked.sets)?),
                Link::Many(_) => Wanted::Many(relation, self.list(relation.entity(), asked)?),
            });
        }
        if let Some(relation) = entity.relation_by(name, "Groups") {
            let groups = self.groups(relation.entity(), asked)?;
            return Ok(Wanted::Groups(relation, groups.into()));
        }
        if let Some(relation) = entity.relation_by(name, "Aggregate") {
            let statistics = self.statistics(relation.entity(), asked)?;
            return Ok(Wanted::Aggregate(relation, statistics));
        }
        if !asked.sets.is_empty() {
            return match (entity.parent, name) {
                (Some(_), "ancestors") => Ok(Wanted::Ancestors(self.object(entity, &asked.sets)?)),
                (Some(_), "descendants") => {
                    let levels = levels(&asked.arguments)?;
                    let list = self.list(entity, asked)?;
                    let mut parts = list.parts.iter();
                    if parts.any(|(_, part)| matches!(part, Part::Facets(_))) {
                        return refused("BAD_USER_INPUT");
                    }
                    Ok(Wanted::Descendants(levels, list))
                }
                _ => skipped(&format!("the field {}.{name}", entity.name)),
            };
        }
        let column = column_of(name);
        if asked.field.definition.ty.inner_named_type() == "JSON" {
            let path = match asked.arguments.get("path") {
                None | Some(Value::Null) => None,
                Some(path) => Some(Path::read(path.as_str().unwrap_or_default())?),
            };
            return Ok(Wanted::Document(column, path));
        }
        if !asked.arguments.is_empty() {
            return skipped(&format!("arguments of {}.{name}", entity.name));
        }
        Ok(Wanted::Column(column))
    }

    fn list(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<List, Stop> {
        let listing = Listing::read(self.vocabulary, self.cursors, entity, &asked.arguments)?;
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let mut parts = Vec::new();
        let arguments = &asked.arguments;
        for asked in self.request.fields(&asked.sets, ty) {
            let part = match asked.field.name.as_str() {
                "__typename" => Part::TypeName(ty.to_owned()),
                "totalCount" => Part::TotalCount,
                "nodes" => Part::Nodes(self.object(entity, &asked.sets)?),
                "edges" => Part::Edges(self.edge(entity, &asked)?),
                "pageInfo" => Part::PageInfo(self.info(&asked)?),
                "facets" => Part::Facets(self.facets(entity, arguments, &asked)?),
                other => return skipped(&format!("the field {ty}.{other}")),
            };
            parts.push((asked.key, part));
        }
        Ok(List { listing, parts })
    }

    fn edge(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<Keyed<EdgePart>, Stop> {
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let mut parts = Vec::new();
        for asked in self.request.fields(&asked.sets, ty) {
            let part = match asked.field.name.as_str() {
                "__typename" => EdgePart::TypeName(ty.to_owned()),
                "cursor" => EdgePart::Cursor,
                "node" => EdgePart::Node(self.object(entity, &asked.sets)?),
                other => return skipped(&format!("the field {ty}.{other}")),
            };
            parts.push((asked.key, part));
        }
        Ok(parts)
    }

    pub fn info(&self, asked: &Asked<'d>) -> Result<Keyed<InfoPart>, Stop> {
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let mut parts = Vec::new();
        for asked in self.request.fields(&asked.sets, ty) {
            let part = match asked.field.name.as_str() {
                "__typename" => InfoPart::TypeName(ty.to_owned()),
                "hasNextPage" => InfoPart::HasNextPage,
                "hasPreviousPage" => InfoPart::HasPreviousPage,
                "startCursor" => InfoPart::StartCursor,
                "endCursor" => InfoPart::EndCursor,
                other => return skipped(&format!("the field {ty}.{other}")),
            };
            parts.push((asked.key, part));
        }
        Ok(parts)
    }
}

/// How many levels down.
fn levels(arguments: &Map<String, Value>) -> Result<usize, Stop> {
    match arguments.get("maxDepth") {
        None | Some(Value::Null) => Ok(LEVELS),
        Some(value) => match value
            .as_u64()
            .and_then(|levels| usize::try_from(levels).ok())
        {
            Some(levels) if (1..=LEVELS).contains(&levels) => Ok(levels),
            _ => refused("BAD_USER_INPUT"),
        },
    }
}
