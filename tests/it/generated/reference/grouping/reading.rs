//! What groups are asked for.

use std::sync::Arc;

use apollo_compiler::executable::SelectionSet;
use serde_json::{Map, Value};

use super::{
    BAD, EdgePart, Figure, GroupPart, Groups, Having, Key, KeyPart, Part, Sorted, Steps, Summary,
};
use crate::generated::reference::condition::tests;
use crate::generated::reference::datum::Kind;
use crate::generated::reference::listing::{Narrowed, Window};
use crate::generated::reference::model::{Entity, Relation, column_of};
use crate::generated::reference::path::Path;
use crate::generated::reference::plan::{Keyed, Planner};
use crate::generated::reference::request::{Asked, items};
use crate::generated::reference::sorting::{Sorting, direction};
use crate::generated::reference::statistics::{Function, Values, function};
use crate::generated::reference::{Stop, refused, skipped};

const DEFAULT_SIZE: usize = 100;
const LARGEST_SIZE: i64 = 1000;

impl<'d> Planner<'d> {
    pub fn groups(&self, entity: &'static Entity, asked: &Asked<'d>) -> Result<Groups, Stop> {
        let arguments = &asked.arguments;
        let which = Narrowed::read(self.vocabulary, entity, arguments)?;
        let by = items(&arguments["by"]);
        if by.is_empty() || by.len() > 8 {
            return refused(BAD);
        }
        let by: Vec<Key> = by
            .iter()
            .map(|key| group_key(entity, Vec::new(), key))
            .collect::<Result<_, _>>()?;
        for (place, key) in by.iter().enumerate() {
            if by[..place].iter().any(|other| other.is_as(key)) {
                return refused(BAD);
            }
        }
        let having = match arguments.get("having") {
            None => Having::All(Vec::new()),
            Some(value) => self.having(entity, &[], value)?,
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
        let parts = self.group_parts(entity, &by, asked)?;
        Ok(Groups {
            which,
            by,
            having,
            sorting: Arc::new(sorting),
            order,
            window,
            parts,
        })
    }

    fn having(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        value: &Value,
    ) -> Result<Having, Stop> {
        let Value::Object(members) = value else {
            return refused(BAD);
        };
        let mut all = Vec::new();
        for (name, value) in members {
            if value.is_null() {
                return refused(BAD);
            }
            let list = || -> Result<Vec<Having>, Stop> {
                let inner = items(value).iter();
                inner
                    .map(|value| self.having(entity, through, value))
                    .collect()
            };
            let one = match name.as_str() {
                "and" => Having::All(list()?),
                "or" => Having::Any(list()?),
                "not" => Having::Not(Box::new(self.having(entity, through, value)?)),
                "count" => Having::Test(Figure::rows(through), tests(Kind::Integer, value)?),
                name => {
                    if let Some(relation) = entity.relation(name) {
                        let way: Vec<_> = through.iter().copied().chain([relation]).collect();
                        self.having(relation.entity(), &way, value)?
                    } else {
                        self.having_values(entity, through, name, value)?
                    }
                }
            };
            all.push(one);
        }
        Ok(Having::All(all))
    }

    fn having_values(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        name: &str,
        value: &Value,
    ) -> Result<Having, Stop> {
        let Value::Object(members) = value else {
            return refused(BAD);
        };
        let column = column_of(name);
        let values = |within| Values::new(through.to_vec(), entity, column.clone(), within);
        let Some(path) = members.get("path") else {
            let kind = self.kind_of(entity, name)?;
            return having_measures(&values(None), kind, members);
        };
        let path = Path::read(path.as_str().unwrap_or_default())?;
        let mut all = Vec::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "path") {
            if name == "count" {
                let figure = Figure::of(values(Some((path.clone(), None))), Function::Count);
                all.push(Having::Test(figure, tests(Kind::Integer, value)?));
                continue;
            }
            let kind = reading(name);
            let Value::Object(members) = value else {
                return refused(BAD);
            };
            let values = values(Some((path.clone(), Some(kind))));
            all.push(having_measures(&values, kind, members)?);
        }
        Ok(Having::All(all))
    }

    fn kind_of(&self, entity: &'static Entity, field: &str) -> Result<Kind, Stop> {
        let Some(field) = self.vocabulary.field(entity.name, field) else {
            return skipped("a field that is not there");
        };
        Ok(match field.ty.inner_named_type().as_str() {
            "Int" | "BigInt" => Kind::Integer,
            "Float" => Kind::Float,
            "ID" => Kind::Id(entity),
            "String" => Kind::Text,
            "DateTime" => Kind::Moment,
            "Boolean" => Kind::Truth,
            _ => Kind::Choice,
        })
    }

    fn group_parts(
        &self,
        entity: &'static Entity,
        by: &[Key],
        asked: &Asked<'d>,
    ) -> Result<Keyed<Part>, Stop> {
        let ty = format!("{}GroupConnection", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => Part::TypeName(ty.clone()),
                    "nodes" => Part::Nodes(self.group(entity, by, &asked)?),
                    "edges" => Part::Edges(self.group_edge(entity, by, &asked)?),
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
        asked: &Asked<'d>,
    ) -> Result<Keyed<EdgePart>, Stop> {
        let ty = format!("{}GroupEdge", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => EdgePart::TypeName(ty.clone()),
                    "cursor" => EdgePart::Cursor,
                    _ => EdgePart::Node(self.group(entity, by, &asked)?),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn group(
        &self,
        entity: &'static Entity,
        by: &[Key],
        asked: &Asked<'d>,
    ) -> Result<Keyed<GroupPart>, Stop> {
        let ty = format!("{}Group", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let part = match asked.field.name.as_str() {
                    "__typename" => GroupPart::TypeName(ty.clone()),
                    "key" => GroupPart::Key(self.key_object(entity, by, &[], &asked.sets)?),
                    _ => GroupPart::Statistic(self.statistic(entity, &[], &asked)?),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn key_object(
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
                    _ => KeyPart::Value(place),
                };
                Ok((asked.key, part))
            })
            .collect()
    }

    fn number_key(&self, place: usize, ty: &str, asked: &Asked<'d>) -> KeyPart {
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        let members = fields.map(|asked| {
            let name = asked.field.name.as_str();
            let name = if name == "__typename" { ty } else { name };
            (asked.key, name.to_owned())
        });
        KeyPart::Number(place, members.collect())
    }

    fn place(
        &self,
        by: &[Key],
        path: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<usize, Stop> {
        let given = |name: &str| asked.arguments.get(name).filter(|value| !value.is_null());
        let width = given("width").and_then(Value::as_f64);
        let wanted = given("path").and_then(Value::as_str);
        let readings = self.request.fields(&asked.sets, "JSONGroupKey");
        let found = (0..by.len()).filter(|place| {
            let key = &by[*place];
            key.path == path
                && key.field == asked.field.name.as_str()
                && match (&key.document, key.steps) {
                    (Some((path, way)), _) => {
                        wanted.is_none_or(|wanted| wanted == path)
                            && readings.iter().all(|asked| {
                                let name = asked.field.name.as_str();
                                name == "__typename" || name == way
                            })
                    }
                    (None, None) => width.is_none(),
                    #[expect(clippy::float_cmp, reason = "written twice alike")]
                    (None, Some(steps)) => width.is_none_or(|width| width == steps.width),
                }
        });
        let found: Vec<_> = found.collect();
        let by_value =
            |place: &&usize| by[**place].document.is_none() && by[**place].steps.is_none();
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

    fn summary(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<Keyed<Summary>, Stop> {
        let ty = format!("{}Summary", entity.name);
        self.summaries(&ty, asked, |asked| {
            let name = asked.field.name.as_str();
            if name == "count" {
                return self.summed(Figure::rows(through), asked);
            }
            if let Some(relation) = entity.relation(name) {
                let through: Vec<_> = through.iter().copied().chain([relation]).collect();
                let inner = self.summary(relation.entity(), &through, asked)?;
                return Ok(Summary::Object(inner));
            }
            let column = column_of(name);
            let values = |within| Values::new(through.to_vec(), entity, column.clone(), within);
            let ty = asked.field.definition.ty.inner_named_type().as_str();
            if ty != "JSONSummary" {
                return self.summary_of(&values(None), ty, asked);
            }
            let path = asked.arguments.get("path").and_then(Value::as_str);
            let path = Path::read(path.unwrap_or_default())?;
            let inner = self.summaries(ty, asked, |asked| {
                let name = asked.field.name.as_str();
                if name == "count" {
                    let values = values(Some((path.clone(), None)));
                    return self.summed(Figure::of(values, Function::Count), asked);
                }
                let ty = asked.field.definition.ty.inner_named_type().as_str();
                let values = values(Some((path.clone(), Some(reading(name)))));
                self.summary_of(&values, ty, asked)
            })?;
            Ok(Summary::Object(inner))
        })
    }

    fn summary_of(&self, values: &Values, ty: &str, asked: &Asked<'d>) -> Result<Summary, Stop> {
        let inner = self.summaries(ty, asked, |asked| {
            let function = function(asked.field.name.as_str(), asked.arguments.get("p"))?;
            self.summed(Figure::of(values.clone(), function), asked)
        })?;
        Ok(Summary::Object(inner))
    }

    fn summed(&self, figure: Figure, asked: &Asked<'d>) -> Result<Summary, Stop> {
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        let members: Result<_, Stop> = fields
            .map(|asked| {
                let name = asked.field.name.as_str();
                let function = if name == "__typename" {
                    None
                } else {
                    Some(function(name, asked.arguments.get("p"))?)
                };
                Ok((asked.key, function))
            })
            .collect();
        Ok(Summary::Over(figure, members?, ty.to_owned()))
    }

    fn summaries(
        &self,
        ty: &str,
        asked: &Asked<'d>,
        read: impl Fn(&Asked<'d>) -> Result<Summary, Stop>,
    ) -> Result<Keyed<Summary>, Stop> {
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        fields
            .map(|asked| {
                let part = if asked.field.name == "__typename" {
                    Summary::TypeName(ty.to_owned())
                } else {
                    read(&asked)?
                };
                Ok((asked.key, part))
            })
            .collect()
    }
}

fn group_key(
    entity: &'static Entity,
    mut path: Vec<&'static Relation>,
    value: &Value,
) -> Result<Key, Stop> {
    let Some((name, value)) = only(value) else {
        return refused(BAD);
    };
    if let Some(relation) = entity.relation(name) {
        path.push(relation);
        return group_key(relation.entity(), path, value);
    }
    let column = column_of(name);
    let mut document = None;
    let mut within = None;
    let mut steps = None;
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
        } else {
            steps = Steps::read(value)?;
        }
    }
    Ok(Key {
        values: Values::new(path.clone(), entity, column, within),
        is_id_of: (name == "id").then_some(entity),
        path,
        field: name.clone(),
        steps,
        document,
    })
}

fn figure_order(
    entity: &'static Entity,
    mut through: Vec<&'static Relation>,
    name: &str,
    value: &Value,
) -> Result<(Figure, (bool, bool)), Stop> {
    if name == "count" {
        let direction = direction(value.as_str().unwrap_or_default())?;
        return Ok((Figure::rows(&through), direction));
    }
    if let Some(relation) = entity.relation(name) {
        through.push(relation);
        let Some((name, value)) = only(value) else {
            return refused(BAD);
        };
        return figure_order(relation.entity(), through, name, value);
    }
    let column = column_of(name);
    let mut value = value;
    let mut within = None;
    if let Some(path) = value.get("path") {
        let path = Path::read(path.as_str().unwrap_or_default())?;
        let members = value.as_object().unwrap();
        let mut said = members
            .iter()
            .filter(|(name, value)| *name != "path" && !value.is_null());
        let (Some((name, inner)), None) = (said.next(), said.next()) else {
            return refused(BAD);
        };
        if name == "count" {
            let values = Values::new(through, entity, column, Some((path, None)));
            let direction = direction(inner.as_str().unwrap_or_default())?;
            return Ok((Figure::of(values, Function::Count), direction));
        }
        within = Some((path, Some(reading(name))));
        value = inner;
    }
    let Some((name, value)) = only(value) else {
        return refused(BAD);
    };
    let (part, value) = match value.get("p") {
        Some(part) => (Some(part), &value["direction"]),
        None => (None, value),
    };
    let function = function(name, part)?;
    let direction = direction(value.as_str().unwrap_or_default())?;
    let values = Values::new(through, entity, column, within);
    Ok((Figure::of(values, function), direction))
}

fn group_order(
    entity: &'static Entity,
    by: &[Key],
    value: &Value,
) -> Result<(Sorted, String, (bool, bool)), Stop> {
    let Some((name, value)) = only(value) else {
        return refused(BAD);
    };
    if name == "key" {
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
    let (figure, direction) = figure_order(entity, Vec::new(), name, value)?;
    let label = figure.label();
    Ok((Sorted::Figure(figure), label, direction))
}

fn having_measures(
    values: &Values,
    kind: Kind,
    members: &Map<String, Value>,
) -> Result<Having, Stop> {
    let mut all = Vec::new();
    for (name, value) in members {
        let mut value = value.clone();
        let part = value
            .as_object_mut()
            .and_then(|value| value.shift_remove("p"));
        let function = function(name, part.as_ref())?;
        let result = match function {
            Function::Count | Function::CountDistinct | Function::CountTruth(_) => Kind::Integer,
            Function::Sum | Function::Min | Function::Max | Function::Mode => kind,
            _ => Kind::Float,
        };
        let figure = Figure::of(values.clone(), function);
        all.push(Having::Test(figure, tests(result, &value)?));
    }
    Ok(Having::All(all))
}

fn reading(name: &str) -> Kind {
    match name {
        "number" => Kind::Float,
        "text" => Kind::Text,
        _ => Kind::Truth,
    }
}

fn only(value: &Value) -> Option<(&String, &Value)> {
    value.as_object().and_then(|members| members.iter().next())
}
