//! What groups come to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::time::{Time, Way};
use super::{
    EdgePart, Fill, FirstRows, Group, GroupPart, Groups, KeyPart, Part, Share, Sorted, Summary,
};
use crate::generated::reference::answer::{Expected, object};
use crate::generated::reference::datum::Datum;
use crate::generated::reference::listing::Page;
use crate::generated::reference::plan::{InfoPart, Keyed};
use crate::generated::reference::rows::Rows;
use crate::generated::reference::sorting::Position;
use crate::generated::reference::statistics::{self, expected, measure, written};
use crate::generated::shop::Record;

/// The most groups that are filled in.
const MOST_FILLED: usize = 20_000;

impl Groups {
    pub fn over<'s>(&self, rows: &Rows<'s>, all: impl Iterator<Item = &'s Record>) -> Expected {
        let all: Vec<_> = self.which.found(rows, all).collect();
        let mut made: BTreeMap<String, Group<'s>> = BTreeMap::new();
        for row in &all {
            let keys: Vec<_> = self.by.iter().map(|key| key.of(rows, row)).collect();
            let group = made.entry(format!("{keys:?}")).or_insert_with(|| Group {
                keys,
                rows: Vec::new(),
                previous: None,
            });
            group.rows.push(row);
        }
        let made = match &self.fill {
            Some(fill) => {
                let groups = filled(fill, &made, self.by.len());
                if groups.len() > MOST_FILLED && self.are_made() {
                    rows.exceed();
                }
                groups
            }
            None => made.into_values().collect(),
        };
        let groups = made
            .iter()
            .filter(|group| self.having.is_met(rows, &group.rows));
        let groups: Vec<_> = groups.cloned().collect();
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
                        .map(|(group, _)| self.group(rows, &made, group, wanted))
                        .collect(),
                ),
                Part::Edges(wanted) => Expected::List(
                    page.rows
                        .iter()
                        .map(|(group, position)| self.edge(rows, &made, group, position, wanted))
                        .collect(),
                ),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    /// Whether anything is told for which groups are made.
    fn are_made(&self) -> bool {
        let window = &self.window;
        self.parts.iter().any(|(_, part)| match part {
            Part::TypeName(_) | Part::Totals(_) => false,
            Part::TotalCount | Part::Summary(_) => true,
            Part::Nodes(_) | Part::Edges(_) => window.has_room(),
            Part::PageInfo(parts) => parts.iter().any(|(_, part)| match part {
                InfoPart::TypeName(_) => false,
                InfoPart::HasNextPage => window.looks_behind_its_end(),
                InfoPart::HasPreviousPage => window.looks_before_its_start(),
                InfoPart::StartCursor | InfoPart::EndCursor => window.has_room(),
            }),
        })
    }

    fn edge(
        &self,
        rows: &Rows,
        made: &[Group<'_>],
        group: &Group<'_>,
        position: &Position,
        wanted: &Keyed<EdgePart>,
    ) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                EdgePart::TypeName(name) => Expected::Value(json!(name)),
                EdgePart::Cursor => Expected::Cursor(position.clone()),
                EdgePart::Node(wanted) => self.group(rows, made, group, wanted),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn group(
        &self,
        rows: &Rows,
        made: &[Group<'_>],
        group: &Group<'_>,
        wanted: &Keyed<GroupPart>,
    ) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                GroupPart::TypeName(name) => Expected::Value(json!(name)),
                GroupPart::Key(wanted) => self.key(rows, group, wanted),
                GroupPart::Statistic(statistic) => statistics::told(rows, &group.rows, statistic),
                GroupPart::Previous(wanted) => match &group.previous {
                    Some(before) => statistics::object(rows, before, wanted),
                    None => Expected::Value(Value::Null),
                },
                GroupPart::Share(wanted) => share(rows, made, group, wanted),
                GroupPart::Rows(first) => self.first_rows(rows, group, first),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }

    fn first_rows(&self, rows: &Rows, group: &Group<'_>, first: &FirstRows) -> Expected {
        let all = group.rows.iter();
        let all = all.map(|row| (*row, first.sorting.position(rows, row)));
        let page = first.window.cut(all.collect()).rows.into_iter();
        let told = page.map(|(row, _)| object(rows, self.entity, row, &first.wanted));
        Expected::List(told.collect())
    }

    fn key(&self, rows: &Rows, group: &Group<'_>, wanted: &Keyed<KeyPart>) -> Expected {
        let members = wanted.iter().map(|(key, part)| {
            let expected = match part {
                KeyPart::TypeName(name) => Expected::Value(json!(name)),
                KeyPart::Value(place) => self.value(group, *place),
                KeyPart::Number(place, _)
                | KeyPart::Time(place, _)
                | KeyPart::Document(place, _)
                    if group.keys[*place].is_null() =>
                {
                    Expected::Value(Value::Null)
                }
                KeyPart::Row(place, entity, wanted) => match group.keys[*place] {
                    Datum::Id(id) => object(rows, entity, rows.by_id(entity, id).unwrap(), wanted),
                    _ => Expected::Value(Value::Null),
                },
                KeyPart::Number(place, wanted) => self.number(group, *place, wanted),
                KeyPart::Time(place, wanted) => self.time(group, *place, wanted),
                KeyPart::Document(_, wanted) => self.key(rows, group, wanted),
                KeyPart::Object(guards, wanted) => {
                    if guards.iter().any(|place| group.keys[*place].is_null()) {
                        Expected::Value(Value::Null)
                    } else {
                        self.key(rows, group, wanted)
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

    fn time(&self, group: &Group<'_>, place: usize, wanted: &Keyed<String>) -> Expected {
        let value = &group.keys[place];
        let members = wanted.iter().map(|(key, name)| {
            let found = match (name.as_str(), self.by[place].time, value) {
                (
                    "value",
                    Some(Time {
                        way: Way::Value, ..
                    }),
                    value,
                )
                | (
                    "part",
                    Some(Time {
                        way: Way::Part(_), ..
                    }),
                    value,
                ) => value.clone(),
                (
                    "start",
                    Some(
                        time @ Time {
                            way: Way::Unit(_), ..
                        },
                    ),
                    Datum::Moment(key),
                ) => Datum::Moment(time.start(*key)),
                (
                    "end",
                    Some(
                        time @ Time {
                            way: Way::Unit(_), ..
                        },
                    ),
                    Datum::Moment(key),
                ) => Datum::Moment(time.end(*key)),
                ("value" | "start" | "end" | "part", ..) => Datum::Null,
                (ty, ..) => Datum::Text(ty.to_owned()),
            };
            (key.clone(), expected(&found))
        });
        Expected::Object(members.collect())
    }
}

/// Every value of a key with all that the other keys come to.
fn filled<'s>(fill: &Fill, made: &BTreeMap<String, Group<'s>>, keys: usize) -> Vec<Group<'s>> {
    let mut others: BTreeMap<String, Vec<Datum>> = BTreeMap::new();
    for group in made.values() {
        let mut keys = group.keys.clone();
        keys.remove(fill.place);
        others.insert(format!("{keys:?}"), keys);
    }
    if keys == 1 {
        others = BTreeMap::from([(String::new(), Vec::new())]);
    }
    let mut all = Vec::new();
    for other in others.into_values() {
        let mut previous = None;
        for value in &fill.values {
            let mut keys = other.clone();
            keys.insert(fill.place, value.clone());
            let known = made.get(&format!("{keys:?}"));
            let rows = known.map_or(Vec::new(), |group| group.rows.clone());
            let before = previous.replace(rows.clone());
            all.push(Group {
                keys,
                rows,
                previous: before,
            });
        }
    }
    all
}

fn share(rows: &Rows, made: &[Group<'_>], group: &Group<'_>, wanted: &Keyed<Share>) -> Expected {
    let members = wanted.iter().map(|(key, part)| {
        let expected = match part {
            Share::TypeName(name) => Expected::Value(json!(name)),
            Share::Object(wanted) => share(rows, made, group, wanted),
            Share::Of(figure) => {
                let number = |group: &Group<'_>| match figure.over(rows, &group.rows) {
                    Datum::Null => None,
                    value => Some(statistics::number(&value)),
                };
                let total: f64 = made.iter().filter_map(number).sum();
                let own = number(group).filter(|_| total != 0.0);
                Expected::Near(own.map(|own| own / total))
            }
        };
        (key.clone(), expected)
    });
    Expected::Object(members.collect())
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
                let is_choice = figure.is_choice();
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
