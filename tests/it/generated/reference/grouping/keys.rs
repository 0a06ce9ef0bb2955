//! What groups have in common.

use apollo_compiler::executable::SelectionSet;
use serde_json::Value;

use super::time::{self, Time};
use super::{BAD, Fill, Key, KeyPart, Level, Steps};
use crate::generated::reference::datum::Kind;
use crate::generated::reference::figure::reading;
use crate::generated::reference::model::{Entity, Relation, column_of};
use crate::generated::reference::path::Path;
use crate::generated::reference::plan::{Keyed, Planner};
use crate::generated::reference::request::{Asked, items, only};
use crate::generated::reference::rows::LEVELS;
use crate::generated::reference::statistics::Values;
use crate::generated::reference::{Stop, refused};

impl<'d> Planner<'d> {
    pub(super) fn key_object(
        &self,
        entity: &'static Entity,
        by: &[Key],
        path: &[&'static Relation],
        sets: &[&'d SelectionSet],
    ) -> Result<Keyed<KeyPart>, Stop> {
        let ty = format!("{}GroupKey", entity.name);
        let fields = self.request.fields(sets, &ty).into_iter();
        fields
            .map(|asked| {
                let name = asked.field.name.as_str();
                if name == "__typename" {
                    return Ok((asked.key, KeyPart::TypeName(ty.clone())));
                }
                if let Some(relation) = entity.relation(name) {
                    let path: Vec<_> = path.iter().copied().chain([relation]).collect();
                    let inner = self.key_object(relation.entity(), by, &path, &asked.sets)?;
                    // Where the row is not there, neither is what it always has.
                    let guards = if asked.field.definition.ty.is_non_null() {
                        Vec::new()
                    } else {
                        (0..by.len())
                            .filter(|place| self.is_always_behind(&by[*place], &path))
                            .collect()
                    };
                    return Ok((asked.key, KeyPart::Object(guards, inner)));
                }
                let place = self.place(by, path, &asked)?;
                if by[place].level.is_some() {
                    let wanted = self.object(entity, &asked.sets)?;
                    return Ok((asked.key, KeyPart::Row(place, entity, wanted)));
                }
                let ty = asked.field.definition.ty.inner_named_type().as_str();
                let part = match ty {
                    "JSONGroupKey" => {
                        let fields = self.request.fields(&asked.sets, ty).into_iter();
                        let members = fields.map(|asked| {
                            let part = match asked.field.name.as_str() {
                                "__typename" => KeyPart::TypeName("JSONGroupKey".to_owned()),
                                "number" => self.number_key(place, "FloatGroupKey", &asked),
                                _ => KeyPart::Value(place),
                            };
                            (asked.key, part)
                        });
                        KeyPart::Document(place, members.collect())
                    }
                    "BigIntGroupKey" | "FloatGroupKey" => self.number_key(place, ty, &asked),
                    "DateTimeGroupKey" => KeyPart::Time(place, self.members_of_key(ty, &asked)),
                    _ => KeyPart::Value(place),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn number_key(&self, place: usize, ty: &str, asked: &Asked<'d>) -> KeyPart {
        KeyPart::Number(place, self.members_of_key(ty, asked))
    }

    /// The names of the members, or that of the type where it is asked for.
    fn members_of_key(&self, ty: &str, asked: &Asked<'d>) -> Keyed<String> {
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        let members = fields.map(|asked| {
            let name = asked.field.name.as_str();
            let name = if name == "__typename" { ty } else { name };
            (asked.key, name.to_owned())
        });
        members.collect()
    }

    fn place(
        &self,
        by: &[Key],
        path: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<usize, Stop> {
        let given = |name: &str| asked.arguments.get(name).filter(|value| !value.is_null());
        let [width, origin] = ["width", "origin"].map(|name| given(name).and_then(Value::as_f64));
        let wanted = given("path").and_then(Value::as_str);
        let level = given("level").and_then(Value::as_u64);
        let timed = time::Asked::read(&asked.arguments)?;
        let readings = self.request.fields(&asked.sets, "JSONGroupKey");
        let found = (0..by.len()).filter(|place| {
            let key = &by[*place];
            key.path == path
                && key.field == asked.field.name.as_str()
                && match (&key.document, key.steps) {
                    _ if key.time.is_some() => key.time.is_some_and(|time| timed.may_be(time)),
                    (Some((path, way)), _) => {
                        wanted.is_none_or(|wanted| wanted == path)
                            && readings.iter().all(|asked| {
                                let name = asked.field.name.as_str();
                                name == "__typename" || name == way
                            })
                    }
                    (None, None) => {
                        let own = key.level.map(|own| own.number as u64);
                        width.is_none() && origin.is_none() && (level.is_none() || own == level)
                    }
                    #[expect(clippy::float_cmp, reason = "written twice alike")]
                    (None, Some(steps)) => {
                        width.is_none_or(|width| width == steps.width)
                            && origin.is_none_or(|origin| origin == steps.origin)
                    }
                }
        });
        let found: Vec<_> = found.collect();
        let by_value = |place: &&usize| by[**place].is_value();
        match (&found[..], found.iter().find(by_value)) {
            ([place], _) | (_, Some(place)) => Ok(*place),
            _ => refused(BAD),
        }
    }

    /// Whether a key is null only where there is no row at the end of `path`.
    fn is_always_behind(&self, key: &Key, path: &[&'static Relation]) -> bool {
        if !key.path.starts_with(path) || key.document.is_some() {
            return false;
        }
        let mut entity = path.last().unwrap().entity();
        for relation in &key.path[path.len()..] {
            if !self.is_non_null(entity, relation.name) {
                return false;
            }
            entity = relation.entity();
        }
        self.is_non_null(entity, &key.field)
    }

    fn is_non_null(&self, entity: &Entity, field: &str) -> bool {
        let ty = format!("{}GroupKey", entity.name);
        let field = self.vocabulary.field(&ty, field);
        field.is_some_and(|field| field.ty.is_non_null())
    }
}

/// Reads what rows are grouped by, and the key of which every stretch of time
/// is there.
pub(super) fn group_keys(
    entity: &'static Entity,
    asked: &Asked<'_>,
) -> Result<(Vec<Key>, Option<Fill>), Stop> {
    let by = items(&asked.arguments["by"]);
    if by.is_empty() || by.len() > 8 {
        return refused(BAD);
    }
    let mut keys: Vec<Key> = Vec::new();
    let mut fill = None;
    for (place, value) in by.iter().enumerate() {
        let (key, fills) = group_key(entity, Vec::new(), value)?;
        if keys.iter().any(|other| other.is_as(&key)) || fills && fill.is_some() {
            return refused(BAD);
        }
        if let (Some(time), true) = (key.time, fills) {
            let path = key.path.iter().map(|relation| relation.name);
            let names: Vec<_> = path.chain([key.field.as_str()]).collect();
            let values = time.filled(&names, asked.arguments.get("filter"))?;
            fill = Some(Fill { place, values });
        }
        keys.push(key);
    }
    Ok((keys, fill))
}

/// Reads a key, and whether it is filled in.
fn group_key(
    entity: &'static Entity,
    mut path: Vec<&'static Relation>,
    value: &Value,
) -> Result<(Key, bool), Stop> {
    let Some((name, value)) = only(value) else {
        return refused(BAD);
    };
    if let Some(relation) = entity.relation(name) {
        path.push(relation);
        return group_key(relation.entity(), path, value);
    }
    let mut level = None;
    if name == "atLevel" {
        let number = value.as_u64().and_then(|number| number.try_into().ok());
        let Some(number) = number.filter(|number| (1..=LEVELS).contains(number)) else {
            return refused(BAD);
        };
        level = Some(Level { entity, number });
    }
    let column = column_of(if level.is_some() { "id" } else { name });
    let mut document = None;
    let mut within = None;
    let mut steps = None;
    let mut time = None;
    let mut fills = false;
    if let Some(members) = value.as_object() {
        if let Some(path) = members.get("path") {
            let mut ways = members
                .iter()
                .filter(|(name, value)| *name != "path" && !value.is_null());
            let (Some((way, value)), None) = (ways.next(), ways.next()) else {
                return refused(BAD);
            };
            let text = path.as_str().unwrap_or_default();
            let kind = reading(way);
            within = Some((Path::read(text)?, Some(kind)));
            document = Some((text.to_owned(), way.clone()));
            if kind == Kind::Float {
                steps = Steps::read(value)?;
            }
        } else if is_moment(&column) {
            let (read, filled) = Time::read(members)?;
            time = Some(read);
            fills = filled;
        } else {
            steps = Steps::read(value)?;
        }
    }
    let key = Key {
        values: Values::new(path.clone(), entity, column, within),
        is_id_of: (name == "rowId").then_some(entity),
        path,
        field: name.clone(),
        steps,
        time,
        document,
        level,
    };
    Ok((key, fills))
}

fn is_moment(column: &str) -> bool {
    column == "at" || column.ends_with("_at")
}
