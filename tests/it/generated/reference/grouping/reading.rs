//! What groups are asked for.

use std::sync::Arc;

use serde_json::Value;

use super::keys::group_keys;
use super::{BAD, EdgePart, FirstRows, GroupPart, Groups, Key, Part, Share, Sorted};
use crate::generated::reference::figure::Figure;
use crate::generated::reference::having::Having;
use crate::generated::reference::listing::{Narrowed, Window};
use crate::generated::reference::model::{Entity, Relation, column_of};
use crate::generated::reference::plan::{Keyed, Planner};
use crate::generated::reference::request::{Asked, items, only};
use crate::generated::reference::sorting::{Sorting, direction};
use crate::generated::reference::statistics::{Function, Values};
use crate::generated::reference::{Stop, refused, skipped};

const DEFAULT_SIZE: usize = 100;
const LARGEST_SIZE: i64 = 1000;
/// How many rows of a group are told, unless it is said.
const DEFAULT_ROWS: usize = 3;
const LARGEST_ROWS: i64 = 100;

impl<'d> Planner<'d> {
    pub fn groups(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<Groups, Stop> {
        let arguments = &asked.arguments;
        let which = Narrowed::read(self.vocabulary, entity, arguments)?;
        let (by, fill) = group_keys(entity, asked)?;
        let having = match arguments.get("having") {
            None => Having::All(Vec::new()),
            Some(value) => Having::read(self.vocabulary, entity, &[], value)?,
        };
        let mut order = Vec::new();
        let mut sorted: Vec<(String, bool, bool)> = Vec::new();
        let given = arguments.get("orderBy").filter(|value| !value.is_null());
        for value in given.map_or(&[][..], items) {
            let (what, label, (descending, nulls_first)) = group_order(entity, &by, value)?;
            if sorted.iter().all(|(known, ..)| *known != label) {
                sorted.push((label, descending, nulls_first));
                order.push(what);
            }
        }
        for (place, key) in by.iter().enumerate() {
            if sorted.iter().all(|(known, ..)| *known != key.label()) {
                sorted.push((key.label(), false, false));
                order.push(Sorted::Key(place));
            }
        }
        let sorting = Sorting::of_groups(entity, sorted);
        let window = Window::read(
            self.cursors,
            &sorting,
            arguments,
            DEFAULT_SIZE,
            LARGEST_SIZE,
        )?;
        let is_filled = fill.is_some();
        let parts = self.group_parts(entity, &by, is_filled, asked)?;
        Ok(Groups {
            entity,
            which,
            by,
            fill,
            having,
            sorting: Arc::new(sorting),
            order,
            window,
            parts,
        })
    }

    fn group_parts(
        &self,
        entity: &'static Entity,
        by: &[Key],
        is_filled: bool,
        asked: &Asked<'d>,
    ) -> Result<Keyed<Part>, Stop> {
        let ty = format!("{}GroupConnection", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => Part::TypeName(ty.clone()),
                    "nodes" => Part::Nodes(self.group(entity, by, is_filled, &asked)?),
                    "edges" => Part::Edges(self.group_edge(entity, by, is_filled, &asked)?),
                    "pageInfo" => Part::PageInfo(self.info(&asked)?),
                    "totalCount" => Part::TotalCount,
                    "totals" => Part::Totals(self.over_rows(entity, &[], &asked)?),
                    "summary" => Part::Summary(self.summary(entity, &[], &asked)?),
                    other => return skipped(&format!("the field {ty}.{other}")),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn group_edge(
        &self,
        entity: &'static Entity,
        by: &[Key],
        is_filled: bool,
        asked: &Asked<'d>,
    ) -> Result<Keyed<EdgePart>, Stop> {
        let ty = format!("{}GroupEdge", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => EdgePart::TypeName(ty.clone()),
                    "cursor" => EdgePart::Cursor,
                    _ => EdgePart::Node(self.group(entity, by, is_filled, &asked)?),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn group(
        &self,
        entity: &'static Entity,
        by: &[Key],
        is_filled: bool,
        asked: &Asked<'d>,
    ) -> Result<Keyed<GroupPart>, Stop> {
        let ty = format!("{}Group", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => GroupPart::TypeName(ty.clone()),
                    "key" => GroupPart::Key(self.key_object(entity, by, &[], &asked.sets)?),
                    "previous" if !is_filled => return refused(BAD),
                    "previous" => GroupPart::Previous(self.over_rows(entity, &[], &asked)?),
                    "share" => GroupPart::Share(self.share(entity, &[], &asked)?),
                    "rows" => GroupPart::Rows(self.first_rows(entity, &asked)?.into()),
                    _ => GroupPart::Statistic(self.statistic(entity, &[], &asked)?),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn first_rows(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<FirstRows, Stop> {
        let arguments = &asked.arguments;
        let sorting = Sorting::read(entity, arguments.get("orderBy"), None)?;
        let window = Window::read(
            self.cursors,
            &sorting,
            arguments,
            DEFAULT_ROWS,
            LARGEST_ROWS,
        )?;
        Ok(FirstRows {
            sorting: Arc::new(sorting),
            window,
            wanted: self.object(entity, &asked.sets)?,
        })
    }

    fn share(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<Keyed<Share>, Stop> {
        let ty = format!("{}Share", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let name = asked.field.name.as_str();
                let part = if name == "__typename" {
                    Share::TypeName(ty.clone())
                } else if name == "count" {
                    Share::Of(Figure::rows(through))
                } else if let Some(relation) = entity.relation(name) {
                    let through: Vec<_> = through.iter().copied().chain([relation]).collect();
                    Share::Object(self.share(relation.entity(), &through, &asked)?)
                } else {
                    let values = Values::new(through.to_vec(), entity, column_of(name), None);
                    Share::Of(Figure::of(values, Function::Sum))
                };
                Ok((asked.key, part))
            })
            .collect()
    }
}

fn group_order(
    entity: &'static Entity,
    by: &[Key],
    value: &Value,
) -> Result<(Sorted, String, (bool, bool)), Stop> {
    if let Some((name, value)) = only(value)
        && name == "key"
    {
        let mut path = Vec::new();
        let mut at = (entity, value);
        loop {
            let Some((name, value)) = only(at.1) else {
                return refused(BAD);
            };
            if let Some(relation) = at.0.relation(name) {
                path.push(relation);
                at = (relation.entity(), value);
                continue;
            }
            let mut found =
                (0..by.len()).filter(|place| by[*place].path == path && by[*place].field == *name);
            let (Some(place), None) = (found.next(), found.next()) else {
                return refused(BAD);
            };
            let direction = direction(value.as_str().unwrap_or_default())?;
            return Ok((Sorted::Key(place), by[place].label(), direction));
        }
    }
    let (figure, direction) = Figure::sorted(entity, Vec::new(), value)?;
    let label = figure.label();
    Ok((Sorted::Figure(figure), label, direction))
}
