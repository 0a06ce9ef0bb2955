//! The answer to what was planned, row by row.

use serde_json::{Value, json};

use super::datum::Datum;
use super::facets::facets;
use super::listing::Page;
use super::model::Entity;
use super::plan::{EdgePart, InfoPart, Keyed, List, Named, Part, Root, Wanted};
use super::rows::Rows;
use super::sorting::Position;
use crate::generated::shop::{Cell, Record, id_of, moment_text};

/// What has to be answered.
pub enum Expected {
    Value(Value),
    /// A number, or almost; null where there is none.
    Near(Option<f64>),
    /// A cursor, whatever it looks like.
    Cursor(Position),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

pub fn root(rows: &Rows, wanted: &Keyed<Root>) -> Expected {
    let node = |named: &Option<Named>| {
        let found = named.as_ref().and_then(|named| {
            let row = rows.by_id(named.entity, named.id)?;
            Some(object(rows, named.entity, row, &named.wanted))
        });
        found.unwrap_or(NULL)
    };
    each(wanted, |root| match root {
        Root::TypeName => text("Query"),
        Root::List(entity, list) => self::list(rows, entity, list, rows.all(entity)),
        Root::Lookup(entity, column, value, wanted) => {
            let row = rows.all(entity).find(|row| {
                !value.is_null() && Datum::of_cell(rows.cell(entity, row, column)) == *value
            });
            row.map_or(NULL, |row| object(rows, entity, row, wanted))
        }
        Root::Aggregate(entity, statistics) => statistics.over(rows, rows.all(entity)),
        Root::Groups(entity, groups) => groups.over(rows, rows.all(entity)),
        Root::Me(wanted) => {
            let users = Entity::named("User").unwrap();
            let row = rows.viewer().and_then(|id| rows.by_id(users, id));
            row.map_or(NULL, |row| object(rows, users, row, wanted))
        }
        Root::Node(named) => node(named),
        Root::Nodes(all) => Expected::List(all.iter().map(node).collect()),
    })
}

const NULL: Expected = Expected::Value(Value::Null);

fn text(text: &str) -> Expected {
    Expected::Value(text.into())
}

fn each<T>(wanted: &Keyed<T>, of: impl Fn(&T) -> Expected) -> Expected {
    let members = wanted.iter().map(|(key, part)| (key.clone(), of(part)));
    Expected::Object(members.collect())
}

/// What is wanted of a row.
pub fn object(
    rows: &Rows,
    entity: &'static Entity,
    row: &Record,
    wanted: &Keyed<Wanted>,
) -> Expected {
    each(wanted, |wanted| match wanted {
        Wanted::TypeName => text(entity.name),
        Wanted::Column(column) => Expected::Value(scalar(rows, entity, row, column)),
        Wanted::Document(column, path) => {
            let Cell::Json(document) = rows.cell(entity, row, column) else {
                return NULL;
            };
            let found = match path {
                Some(path) => path.find(document),
                None => Some(document),
            };
            Expected::Value(found.cloned().unwrap_or_default())
        }
        Wanted::One(relation, wanted) => rows
            .related(relation, row)
            .map_or(NULL, |row| object(rows, relation.entity(), row, wanted)),
        Wanted::Many(relation, list) => {
            self::list(rows, relation.entity(), list, rows.relating(relation, row))
        }
        Wanted::Aggregate(relation, statistics) => {
            statistics.over(rows, rows.relating(relation, row))
        }
        Wanted::Groups(relation, groups) => groups.over(rows, rows.relating(relation, row)),
        Wanted::Ancestors(wanted) => {
            let above = rows.ancestors(entity, row).into_iter().rev();
            Expected::List(above.map(|row| object(rows, entity, row, wanted)).collect())
        }
        Wanted::Descendants(levels, list) => {
            let below = rows.descendants(entity, row, *levels);
            self::list(rows, entity, list, below.into_iter())
        }
    })
}

fn scalar(rows: &Rows, entity: &Entity, row: &Record, column: &str) -> Value {
    match rows.cell(entity, row, column) {
        Cell::Null => Value::Null,
        Cell::Integer(number) => json!(number),
        Cell::Text(text) if matches!(column, "status" | "role") => json!(text.to_uppercase()),
        Cell::Text(text) => json!(text),
        Cell::Id(_) => json!(format!("{}_{}", entity.prefix, id_of(row).simple())),
        Cell::Moment(moment) => json!(moment_text(*moment)),
        Cell::Json(document) => document.clone(),
    }
}

fn list<'s>(
    rows: &Rows<'s>,
    entity: &'static Entity,
    list: &List,
    all: impl Iterator<Item = &'s Record>,
) -> Expected {
    let all: Vec<_> = all.collect();
    let page = list.listing.page(rows, all.iter().copied());
    each(&list.parts, |part| match part {
        Part::TypeName(name) => text(name),
        Part::TotalCount => Expected::Value(json!(page.total)),
        Part::Nodes(wanted) => {
            let nodes = page.rows.iter();
            Expected::List(
                nodes
                    .map(|(row, _)| object(rows, entity, row, wanted))
                    .collect(),
            )
        }
        Part::Edges(parts) => {
            let edges = page.rows.iter().map(|(row, position)| {
                each(parts, |part| match part {
                    EdgePart::TypeName(name) => text(name),
                    EdgePart::Cursor => Expected::Cursor(position.clone()),
                    EdgePart::Node(wanted) => object(rows, entity, row, wanted),
                })
            });
            Expected::List(edges.collect())
        }
        Part::PageInfo(parts) => each(parts, |part| info(&page, part)),
        Part::Facets(wanted) => facets(rows, &all, wanted),
    })
}

fn info(page: &Page<&Record>, part: &InfoPart) -> Expected {
    let cursor = |row: Option<&(&Record, Position)>| {
        row.map_or(NULL, |(_, position)| Expected::Cursor(position.clone()))
    };
    match part {
        InfoPart::TypeName(name) => text(name),
        InfoPart::HasNextPage => Expected::Value(json!(page.has_next)),
        InfoPart::HasPreviousPage => Expected::Value(json!(page.has_previous)),
        InfoPart::StartCursor => cursor(page.rows.first()),
        InfoPart::EndCursor => cursor(page.rows.last()),
    }
}
