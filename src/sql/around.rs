use super::statement::{Text, Writer};
use crate::plan::{Alias, Connection, Link, Row, Rows, Source};

/// Rows that surround what is being written, for databases whose derived
/// tables cannot refer to them. Groups of all such rows are made at once then,
/// and walks begin at all of them. This says at which: at those on the page,
/// or at more, but not at every row there is.
pub(super) struct Around {
    alias: Alias,
    /// The rows, as `FROM …`.
    from: Text,
    /// Their column that equals one of rows around them.
    link: Option<(String, Alias, String)>,
}

impl Writer {
    /// Writes what may hang on the rows of a page.
    pub(super) fn around_page(
        &mut self,
        connection: &Connection<'_>,
        nested: bool,
        write: impl FnOnce(&mut Self),
    ) {
        let around = match &connection.rows {
            Rows::Entity(source) if self.keeps_around() && connection.nests_derived_tables() => {
                if nested {
                    self.linked(source)
                } else {
                    let from = self.aside(|writer| {
                        writer.push("FROM ");
                        writer.page_rows(connection);
                    });
                    Some(Around::of(source, from))
                }
            }
            _ => None,
        };
        self.surrounded(around, write);
    }

    /// Writes what may hang on a row.
    pub(super) fn around_row(&mut self, row: &Row<'_>, write: impl FnOnce(&mut Self)) {
        let around = if self.keeps_around() && row.object.has_derived_tables() {
            match row.source.link() {
                None => {
                    let from = self.aside(|writer| writer.from(&row.source, &[]));
                    Some(Around::of(&row.source, from))
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
        self.around.extend(around);
        write(self);
        self.around.truncate(known);
    }

    /// All rows behind a relation, whichever of them are asked for.
    fn linked(&mut self, source: &Source<'_>) -> Option<Around> {
        let Some(Link::Column(join)) = source.link() else {
            return None;
        };
        let from = self.aside(|writer| {
            writer.push("FROM ");
            writer.table(source);
        });
        let mut around = Around::of(source, from);
        around.link = Some((
            join.column.name.clone(),
            join.parent,
            join.parent_column.name.clone(),
        ));
        Some(around)
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
    fn of(source: &Source<'_>, from: Text) -> Self {
        Self {
            alias: source.alias(),
            from,
            link: None,
        }
    }
}
