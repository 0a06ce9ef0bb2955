use super::statement::Writer;
use crate::plan::{Link, Object, Source, Walk};

impl Writer {
    /// Writes `SELECT` and the keys of the rows that a walk reaches, with or
    /// without those it starts from.
    pub(super) fn reached(&mut self, walk: &Walk<'_>, inclusive: bool) {
        self.push("SELECT ");
        self.walked(walk);
        self.push(".id FROM ");
        self.walk(walk);
        self.push(" WHERE ");
        self.walked(walk);
        self.push(if inclusive {
            ".depth >= 0"
        } else {
            ".depth > 0"
        });
        self.start(walk);
    }

    /// Writes the JSON array of what a walk upwards reaches, from the root
    /// down, with the `SELECT` in front.
    pub(super) fn ancestors(&mut self, source: &Source<'_>, object: &Object<'_>) {
        let Some(Link::Walk(walk)) = source.link() else {
            self.push("SELECT ");
            self.push(self.grammar.empty_array());
            return;
        };
        self.push("SELECT ");
        let or_empty = self.grammar.or_empty();
        self.template(or_empty, |writer| {
            writer.push(writer.grammar.json_gather());
            writer.around_walk(source, object, |writer| writer.object(object));
            writer.push(" ORDER BY ");
            writer.walked(walk);
            writer.push(".depth DESC)");
        });
        self.push(" FROM ");
        self.walk(walk);
        self.push(" JOIN ");
        self.table(source);
        self.push(" ON ");
        self.column(source.alias(), &source.entity().key().name);
        self.push(" = ");
        self.walked(walk);
        self.push(".id");
        self.conditions(" WHERE ", source, &[], |writer| {
            writer.walked(walk);
            writer.push(".depth > 0");
            writer.start(walk);
            true
        });
    }

    /// Writes the name that a walk goes by.
    pub(super) fn walked(&mut self, walk: &Walk<'_>) {
        self.push("w");
        self.push(&walk.step.alias().0.to_string());
    }

    /// Where a walk cannot refer to the surrounding row, it begins at every
    /// row that may be, and what belongs to the surrounding one is chosen
    /// here.
    fn start(&mut self, walk: &Walk<'_>) {
        if let Some((parent, column)) = walk.start.joined_to()
            && !self.grammar.correlates_derived_tables()
        {
            self.push(" AND ");
            self.walked(walk);
            self.push(".start = ");
            self.column(parent, &column.name);
        }
    }

    /// Writes the derived table of a walk: where it started, each row that it
    /// reaches, and after how many steps.
    pub(super) fn walk(&mut self, walk: &Walk<'_>) {
        let Walk { start, step, .. } = walk;
        let key = &start.entity().key().name;
        let next = if walk.up { &walk.parent.name } else { key };
        self.push("(WITH RECURSIVE ");
        self.walked(walk);
        self.push("(start,id,next,depth) AS (SELECT ");
        for name in [key, key, next] {
            self.column(start.alias(), name);
            self.push(", ");
        }
        self.push("0 ");
        if self.grammar.correlates_derived_tables() {
            self.from(start, &[]);
        } else {
            self.push("FROM ");
            self.table(start);
            self.conditions(" WHERE ", start, &[], |writer| writer.hangs_around(start));
        }
        self.push(" UNION ALL SELECT ");
        self.walked(walk);
        self.push(".start, ");
        for name in [key, next] {
            self.column(step.alias(), name);
            self.push(", ");
        }
        self.walked(walk);
        self.push(".depth + 1 FROM ");
        self.walked(walk);
        self.push(" JOIN ");
        self.table(step);
        self.push(" ON ");
        let reached = if walk.up { key } else { &walk.parent.name };
        self.column(step.alias(), reached);
        self.push(" = ");
        self.walked(walk);
        self.push(".next");
        self.conditions(" WHERE ", step, &[], |writer| {
            writer.walked(walk);
            writer.push(".depth < ");
            writer.param(walk.depth);
            writer.push(" AND ");
            writer.column(step.alias(), key);
            writer.push(" <> ");
            writer.walked(walk);
            writer.push(".start");
            true
        });
        self.push(") SELECT start, id, min(depth) AS depth FROM ");
        self.walked(walk);
        self.push(" GROUP BY start, id) ");
        self.walked(walk);
    }
}
