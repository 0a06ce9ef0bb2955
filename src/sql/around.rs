use std::collections::BTreeMap;

use super::connection::Page;
use super::grouping::column_of;
use super::statement::{Text, Writer};
use crate::plan::{Alias, Connection, GroupColumn, Link, Object, Row, Rows, Source};

/// Rows that surround what is being written, for databases whose derived
/// tables cannot refer to them. Groups of all such rows are made at once then,
/// and walks begin at all of them. This says at which: at those on the page,
/// or at more, but not at every row there is.
pub(super) struct Around {
    alias: Alias,
    /// The rows, as `FROM …`.
    from: Text,
    /// Of groups, the ids of the samples of theirs that something hangs on, by
    /// place.
    samples: BTreeMap<usize, Text>,
    /// Of groups, the rows that they are made of.
    members: Option<Alias>,
    /// Their column that equals one of rows around them.
    link: Option<(String, Alias, String)>,
}

/// How long such a `FROM …` is at most, in bytes. Each level writes those around
/// it again, which doubles them.
const LONGEST: usize = 2048;

impl Writer {
    /// Writes what may hang on the rows of a page.
    pub(super) fn around_page(
        &mut self,
        page: Page<'_, '_>,
        nested: bool,
        write: impl FnOnce(&mut Self),
    ) {
        let connection = page.connection;
        if !self.keeps_around() || !connection.nests_derived_tables() {
            return write(self);
        }
        let around = match &connection.rows {
            Rows::Entity(source) if nested => self.linked(source),
            Rows::Entity(source) => {
                let from = self.aside(|writer| {
                    writer.push("FROM ");
                    writer.page_rows(connection);
                });
                Some(Around::of(source.alias(), from))
            }
            Rows::Groups(grouping) => {
                let members = grouping.population.source.alias();
                Some(self.groups_around(connection, members, nested))
            }
        };
        self.surrounded(around, write);
    }

    /// The groups of a page, without what is told of them, and the ids of their
    /// samples that something hangs on.
    fn groups_around(
        &mut self,
        connection: &Connection<'_>,
        members: Alias,
        nested: bool,
    ) -> Around {
        let mut from = |sample| {
            let bare = bare(connection, sample);
            self.aside(|writer| {
                writer.push("FROM ");
                writer.groups_of_page(&bare, nested);
            })
        };
        let samples = connection.samples_hung_on();
        Around {
            samples: (samples.into_iter())
                .map(|place| (place, from(Some(place))))
                .collect(),
            members: Some(members),
            ..Around::of(connection.rows.alias(), from(None))
        }
    }

    /// Writes what may hang on the rows of a sample.
    pub(super) fn around_sample(
        &mut self,
        place: usize,
        row: &Row<'_>,
        write: impl FnOnce(&mut Self),
    ) {
        let members = Some(row.source.alias());
        let mut around = self.around.iter().rev();
        let groups = around.find(|around| around.members == members);
        let groups = groups.and_then(|groups| groups.samples.get(&place).cloned());
        let around = groups.map(|groups| {
            let from = self.aside(|writer| {
                writer.push("FROM (SELECT ");
                writer.ids_of_sample(0);
                writer.push(" ");
                writer.text(groups);
                writer.push(") r0 CROSS JOIN ");
                writer.rows_of_sample(0, row);
            });
            Around::of(row.source.alias(), from)
        });
        self.surrounded(around, write);
    }

    /// Writes what may hang on the rows that a walk reaches.
    pub(super) fn around_walk(
        &mut self,
        source: &Source<'_>,
        object: &Object<'_>,
        write: impl FnOnce(&mut Self),
    ) {
        let around = if self.keeps_around() && object.has_derived_tables() {
            self.linked(source)
        } else {
            None
        };
        self.surrounded(around, write);
    }

    /// Writes what may hang on a row.
    pub(super) fn around_row(&mut self, row: &Row<'_>, write: impl FnOnce(&mut Self)) {
        let around = if self.keeps_around() && row.object.has_derived_tables() {
            match row.source.link() {
                None => {
                    let from = self.aside(|writer| writer.from(&row.source, &[]));
                    Some(Around::of(row.source.alias(), from))
                }
                Some(_) => self.linked(&row.source),
            }
        } else {
            None
        };
        self.surrounded(around, write);
    }

    /// Writes that the rows of a source hang on rows around, if these are
    /// known.
    pub(super) fn hangs_around(&mut self, source: &Source<'_>) -> bool {
        let Some(Link::Column(join)) = source.link() else {
            return false;
        };
        if !self.is_around(join.parent) {
            return false;
        }
        self.column(source.alias(), &join.column.name);
        self.push(" IN (");
        self.values_around(join.parent, &join.parent_column.name, None);
        self.push(")");
        true
    }

    /// Writes `SELECT` of what rows of a source may hang on, under a name, if
    /// these are known.
    pub(super) fn those_around(&mut self, source: &Source<'_>, name: &str) -> bool {
        let Some(Link::Column(join)) = source.link() else {
            return false;
        };
        if !self.is_around(join.parent) {
            return false;
        }
        self.values_around(join.parent, &join.parent_column.name, Some(name));
        true
    }

    fn keeps_around(&self) -> bool {
        !self.grammar.correlates_derived_tables()
    }

    fn surrounded(&mut self, around: Option<Around>, write: impl FnOnce(&mut Self)) {
        let known = self.around.len();
        self.around.extend(around.filter(Around::is_short));
        write(self);
        self.around.truncate(known);
    }

    /// All rows that hang on rows around, whichever of them are asked for.
    fn linked(&mut self, source: &Source<'_>) -> Option<Around> {
        let key = &source.entity().key().name;
        let (link, walk) = match source.link()? {
            Link::Column(join) => {
                let of_parent = join.parent_column.name.clone();
                (
                    Some((join.column.name.clone(), join.parent, of_parent)),
                    None,
                )
            }
            Link::Group(groups, place) => {
                let of_groups = column_of(GroupColumn::Key(*place));
                (Some((key.clone(), *groups, of_groups)), None)
            }
            Link::Name(..) => (None, None),
            Link::Walk(walk) => {
                let (parent, _) = walk.start.joined_to()?;
                if !self.is_around(parent) {
                    return None;
                }
                (None, Some(walk))
            }
        };
        let from = self.aside(|writer| {
            writer.push("FROM ");
            writer.table(source);
            if let Some(Link::Name(names, kind)) = source.link() {
                writer.push(" WHERE ");
                writer.column(source.alias(), key);
                writer.push(" IN (SELECT named.id FROM ");
                writer.names(*names);
                writer.push(" WHERE named.kind = ");
                writer.push(&kind.to_string());
                writer.push(")");
            }
            if let Some(walk) = walk {
                writer.push(" JOIN ");
                writer.walk(walk);
                writer.push(" ON ");
                writer.column(source.alias(), key);
                writer.push(" = ");
                writer.walked(walk);
                writer.push(".id");
            }
        });
        Some(Around {
            link,
            ..Around::of(source.alias(), from)
        })
    }

    fn place_around(&self, alias: Alias) -> Option<usize> {
        self.around.iter().rposition(|around| around.alias == alias)
    }

    fn is_around(&self, alias: Alias) -> bool {
        self.place_around(alias)
            .is_some_and(|place| match &self.around[place].link {
                None => true,
                Some((_, parent, _)) => self.is_around(*parent),
            })
    }

    /// Writes `SELECT` and what rows around have in a column.
    fn values_around(&mut self, alias: Alias, column: &str, name: Option<&str>) {
        let Some(place) = self.place_around(alias) else {
            return;
        };
        self.push("SELECT ");
        self.column(alias, column);
        if let Some(name) = name {
            self.push(" AS ");
            self.name(name);
        }
        self.push(" ");
        let Around { from, link, .. } = &self.around[place];
        let (from, link) = (from.clone(), link.clone());
        self.text(from);
        if let Some((own, parent, of_parent)) = link {
            self.push(" WHERE ");
            self.column(alias, &own);
            self.push(" IN (");
            self.values_around(parent, &of_parent, None);
            self.push(")");
        }
    }
}

impl Around {
    fn of(alias: Alias, from: Text) -> Self {
        Self {
            alias,
            from,
            samples: BTreeMap::new(),
            members: None,
            link: None,
        }
    }

    /// Whether it may be written again for all that hangs on it, and for what
    /// hangs on that once more.
    fn is_short(&self) -> bool {
        let samples = self.samples.values().map(Text::len);
        samples.chain([self.from.len()]).all(|len| len <= LONGEST)
    }
}

/// A page of groups of which nothing is told, with one of its samples at most.
fn bare<'c>(connection: &Connection<'c>, sample: Option<usize>) -> Connection<'c> {
    let mut bare = connection.clone();
    bare.members.clear();
    if let Rows::Groups(grouping) = &mut bare.rows {
        grouping.derived.retain(|_, derived| !derived.is_bound());
        let samples = std::mem::take(&mut grouping.samples);
        let mut samples = samples.into_iter();
        grouping
            .samples
            .extend(sample.and_then(|place| samples.nth(place)));
    }
    bare
}
