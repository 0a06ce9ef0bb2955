//! What groups come to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EdgePart, Figure, Group, GroupPart, Groups, Having, KeyPart, Part, Sorted, Summary};
use crate::generated::reference::answer::Expected;
use crate::generated::reference::datum::Datum;
use crate::generated::reference::listing::Page;
use crate::generated::reference::plan::{InfoPart, Keyed};
use crate::generated::reference::rows::Rows;
use crate::generated::reference::sorting::Position;
use crate::generated::reference::statistics::{self, Values, expected, measure, written};
use crate::generated::shop::Record;

impl Figure {
    pub(super) fn rows_there(&self, rows: &Rows, all: &[&Record]) -> Datum {
        let is_there = |row: &&&Record| statistics::behind(rows, &self.through, row).is_some();
        Datum::Integer(i64::try_from(all.iter().filter(is_there).count()).unwrap())
    }
}

impl Having {
    fn is_met(&self, rows: &Rows, group: &Group<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.is_met(rows, group)),
            Self::Any(any) => any.iter().any(|one| one.is_met(rows, group)),
            Self::Not(one) => !one.is_met(rows, group),
            Self::Test(figure, tests) => {
                let value = figure.over(rows, &group.rows);
                tests.iter().all(|test| test.is_met(&value))
            }
        }
    }
}

impl Groups {
    pub fn over<'s>(&self, rows: &Rows<'s>, all: impl Iterator<Item = &'s Record>) -> Expected {
        let all: Vec<_> = self.which.found(rows, all).collect();
        let mut made: BTreeMap<String, Group<'s>> = BTreeMap::new();
        for row in &all {
            let keys: Vec<_> = self.by.iter().map(|key| key.of(rows, row)).collect();
            let group = made.entry(format!("{keys:?}")).or_insert_with(|| Group {
                keys,
                rows: Vec::new(),
            });
            group.rows.push(row);
        }
        let groups: Vec<_> = made
            .into_values()
            .filter(|group| self.having.is_met(rows, group))
            .collect();
        let list = groups.iter().map(|group| {
            let keys = self.order.iter().map(|sorted| match sorted {
                Sorted::Key(place) => group.keys[*place].clone(),
                Sorted::Figure(figure) => figure.over(rows, &group.rows),
            });
            let position = self.sorting.position_of_group(keys.collect());
            (group.clone(), position)
        });
        let page = self.window.cut(list.collect());
        let members = self.parts.iter().map(|(key, part)| {
            let expected = match part {
                Part::TypeName(name) => Expected::Value(json!(name)),
                Part::TotalCount => Expected::Value(json!(page.total)),
                Part::PageInfo(parts) => info(&page, parts),
                Part::Totals(wanted) => statistics::object(rows, &all, wanted),
                Part::Summary(wanted) => summary(rows, &groups, wanted),
                Part::Nodes(wanted) => Expected::List(
                    page.rows
                        .iter()
                        .map(|(group, _)| self.group(rows, group, wanted))
                        .collect(),
                ),
                Part::Edges(wanted) => Expected::List(
                    page.rows
                        .iter()
                        .map(|(group, position)| self.edge(rows, group, position, wanted))
                        .collect(),
                ),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn edge(
        &self,
        rows: &Rows,
        group: &Group<'_>,
        position: &Position,
        wanted: &Keyed<EdgePart>,
    ) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                EdgePart::TypeName(name) => Expected::Value(json!(name)),
                EdgePart::Cursor => Expected::Cursor(position.clone()),
                EdgePart::Node(wanted) => self.group(rows, group, wanted),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn group(&self, rows: &Rows, group: &Group<'_>, wanted: &Keyed<GroupPart>) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                GroupPart::TypeName(name) => Expected::Value(json!(name)),
                GroupPart::Key(wanted) => self.key(group, wanted),
                GroupPart::Statistic(statistic) => statistics::told(rows, &group.rows, statistic),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn key(&self, group: &Group<'_>, wanted: &Keyed<KeyPart>) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                KeyPart::TypeName(name) => Expected::Value(json!(name)),
                KeyPart::Value(place) => self.value(group, *place),
                KeyPart::Number(place, _) | KeyPart::Document(place, _)
                    if group.keys[*place].is_null() =>
                {
                    Expected::Value(Value::Null)
                }
                KeyPart::Number(place, wanted) => self.number(group, *place, wanted),
                KeyPart::Document(_, wanted) => self.key(group, wanted),
                KeyPart::Object(guards, wanted) => {
                    if guards.iter().any(|place| group.keys[*place].is_null()) {
                        Expected::Value(Value::Null)
                    } else {
                        self.key(group, wanted)
                    }
                }
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn value(&self, group: &Group<'_>, place: usize) -> Expected {
        match (&group.keys[place], self.by[place].is_id_of) {
            (Datum::Id(id), Some(entity)) => {
                Expected::Value(json!(format!("{}_{}", entity.prefix, id.simple())))
            }
            (Datum::Text(text), _) if self.by[place].values.is_choice() => {
                Expected::Value(json!(text.to_uppercase()))
            }
            (value, _) => expected(value),
        }
    }

    fn number(&self, group: &Group<'_>, place: usize, wanted: &Keyed<String>) -> Expected {
        let value = &group.keys[place];
        let members = wanted.iter().map(|(key, name)| {
            let expected = match (name.as_str(), self.by[place].steps) {
                ("value", None) | ("start", Some(_)) => expected(value),
                ("end", Some(steps)) => expected(&steps.end(value)),
                ("value", Some(_)) | ("start" | "end", None) => Expected::Value(Value::Null),
                (ty, _) => Expected::Value(json!(ty)),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }
}

fn info(page: &Page<Group<'_>>, parts: &Keyed<InfoPart>) -> Expected {
    let cursor = |row: Option<&(Group<'_>, Position)>| {
        row.map_or(Expected::Value(Value::Null), |(_, position)| {
            Expected::Cursor(position.clone())
        })
    };
    let members = parts.iter().map(|(key, part)| {
        let expected = match part {
            InfoPart::TypeName(name) => Expected::Value(json!(name)),
            InfoPart::HasNextPage => Expected::Value(json!(page.has_next)),
            InfoPart::HasPreviousPage => Expected::Value(json!(page.has_previous)),
            InfoPart::StartCursor => cursor(page.rows.first()),
            InfoPart::EndCursor => cursor(page.rows.last()),
        };
        (key.clone(), expected)
    });
    Expected::Object(members.collect())
}

fn summary(rows: &Rows, groups: &[Group<'_>], wanted: &Keyed<Summary>) -> Expected {
    let members = wanted.iter().map(|(key, part)| {
        let expected = match part {
            Summary::TypeName(name) => Expected::Value(json!(name)),
            Summary::Object(wanted) => summary(rows, groups, wanted),
            Summary::Over(figure, wanted, ty) => {
                let values = groups.iter().map(|group| figure.over(rows, &group.rows));
                let values: Vec<_> = values.filter(|value| !value.is_null()).collect();
                let is_choice = figure.values.as_ref().is_some_and(Values::is_choice);
                let members = wanted.iter().map(|(key, function)| {
                    let expected = match function {
                        None => Expected::Value(json!(ty)),
                        Some(function) => match measure(rows, *function, values.clone()) {
                            Datum::Text(text) if is_choice => {
                                Expected::Value(json!(text.to_uppercase()))
                            }
                            Datum::Null => Expected::Value(written(&Datum::Null)),
                            value => expected(&value),
                        },
                    };
                    (key.clone(), expected)
                });
                Expected::Object(members.collect())
            }
        };
        (key.clone(), expected)
    });
    Expected::Object(members.collect())
}
