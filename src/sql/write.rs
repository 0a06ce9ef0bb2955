use super::dialect::{Dialect, Grammar};
use super::statement::Writer;
use crate::catalog::{Column, Entity};
use crate::plan::{DEEPEST_TREE, Each};

/// The text of a statement that makes rows: it binds the values of `columns`
/// row by row. One whose unique key is taken is left out where an error would
/// end the transaction.
#[must_use]
pub fn insert(entity: &Entity, columns: &[&Column], rows: usize, dialect: Dialect) -> String {
    let mut text = Text::new(dialect);
    text.push("INSERT INTO ");
    text.name(&entity.table);
    text.push(" (");
    text.separated(columns, |text, column| text.name(&column.name));
    text.push(") VALUES ");
    let rows: Vec<_> = (0..rows).collect();
    text.separated(&rows, |text, _| {
        text.push("(");
        text.separated(columns, |text, column| text.value(column));
        text.push(")");
    });
    if rows.len() == 1 && dialect.refusals_end_transactions() {
        text.push(" ON CONFLICT DO NOTHING");
    }
    text.sql
}

/// The text of a statement that gives new values to the rows of so many keys:
/// it binds the values of `columns`, and then the keys. `counted` is increased
/// by one.
#[must_use]
pub fn update(
    entity: &Entity,
    columns: &[&Column],
    counted: Option<&Column>,
    keys: usize,
    dialect: Dialect,
) -> String {
    let mut text = Text::new(dialect);
    text.push("UPDATE ");
    text.name(&entity.table);
    text.push(" SET ");
    text.separated(columns, |text, column| {
        text.name(&column.name);
        text.push(" = ");
        text.value(column);
    });
    if let Some(column) = counted {
        text.push(if columns.is_empty() { "" } else { ", " });
        text.name(&column.name);
        text.push(" = ");
        text.name(&column.name);
        text.push(" + 1");
    }
    text.among(entity, keys);
    text.sql
}

/// The text of a statement that deletes the rows of so many keys, which it
/// binds.
#[must_use]
pub fn delete(entity: &Entity, keys: usize, dialect: Dialect) -> String {
    let mut text = Text::new(dialect);
    text.push("DELETE FROM ");
    text.name(&entity.table);
    text.among(entity, keys);
    text.sql
}

/// The text of a statement that finds another row with the same unique key,
/// whoever may see it. It binds the values of the key, and the key of the row
/// that is written.
#[must_use]
pub fn taken(entity: &Entity, key: &[&Column], dialect: Dialect) -> String {
    let mut text = Text::new(dialect);
    text.push("SELECT '1' FROM ");
    text.name(&entity.table);
    text.push(" WHERE ");
    for column in key {
        text.name(&column.name);
        text.push(" = ");
        text.value(column);
        text.push(" AND ");
    }
    text.name(&entity.key().name);
    text.push(" <> ");
    text.placeholder();
    text.push(" LIMIT 1");
    text.sql
}

/// The text of a statement that finds rows above which they stand themselves,
/// or that have more than [`DEEPEST_TREE`] others above and below them, by
/// whoever may see these: the tree is to stay one. It binds the keys of the rows
/// to look at.
#[must_use]
pub fn circle(entity: &Entity, parent: &Column, keys: usize, dialect: Dialect) -> String {
    let mut text = Text::new(dialect);
    text.push("WITH RECURSIVE w(s,k,d) AS (SELECT ");
    text.name(&entity.key().name);
    text.push(",");
    text.name(&parent.name);
    text.push(",1 FROM ");
    text.name(&entity.table);
    text.among(entity, keys);
    text.push(" UNION ALL SELECT w.s,t.");
    text.name(&parent.name);
    text.push(",w.d+1 FROM w JOIN ");
    text.name(&entity.table);
    text.push(" t ON t.");
    text.name(&entity.key().name);
    text.push(&format!(
        " = w.k WHERE w.k <> w.s AND w.d <= {DEEPEST_TREE}), b(s,k,d) AS (SELECT w.s,w.s,0 FROM w \
         WHERE w.d = 1 UNION ALL SELECT b.s,t."
    ));
    text.name(&entity.key().name);
    text.push(",b.d+1 FROM b JOIN ");
    text.name(&entity.table);
    text.push(" t ON t.");
    text.name(&parent.name);
    text.push(&format!(
        " = b.k WHERE b.d <= {DEEPEST_TREE}) SELECT '1' FROM w WHERE w.k = w.s OR (w.k IS NOT NULL \
         AND w.d + (SELECT max(b.d) FROM b WHERE b.s = w.s) > {DEEPEST_TREE}) LIMIT 1"
    ));
    text.sql
}

/// The text of a statement that writes, whose placeholders count on.
struct Text {
    grammar: &'static dyn Grammar,
    sql: String,
    bound: usize,
}

impl Text {
    fn new(dialect: Dialect) -> Self {
        Self {
            grammar: dialect.grammar(),
            sql: String::with_capacity(256),
            bound: 0,
        }
    }

    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn name(&mut self, name: &str) {
        let quote = self.grammar.quote();
        self.sql.push(quote);
        for sign in name.chars() {
            if sign == quote {
                self.sql.push(quote);
            }
            self.sql.push(sign);
        }
        self.sql.push(quote);
    }

    fn placeholder(&mut self) {
        self.bound += 1;
        self.grammar.placeholder(&mut self.sql, self.bound);
    }

    /// Writes the placeholder of a value of a column.
    fn value(&mut self, column: &Column) {
        let (before, after) = self.grammar.stored(&column.kind);
        self.push(before);
        self.placeholder();
        self.push(after);
    }

    fn among(&mut self, entity: &Entity, keys: usize) {
        self.push(" WHERE ");
        self.name(&entity.key().name);
        self.push(" IN (");
        let keys: Vec<_> = (0..keys).collect();
        self.separated(&keys, |text, _| text.placeholder());
        self.push(")");
    }

    fn separated<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.push(",");
            }
            write(self, item);
        }
    }
}

impl Writer {
    /// Writes `SELECT <object> FROM …` for every row of a source.
    pub(super) fn each(&mut self, each: &Each<'_>) {
        let source = &each.row.source;
        self.row(&each.row);
        self.push(" ORDER BY ");
        self.column(source.alias(), &source.entity().key().name);
        if let Some(most) = each.most {
            self.push(" LIMIT ");
            self.param(most);
        }
        if each.locked
            && let Some(lock) = self.grammar.lock()
        {
            self.push(lock);
        }
    }
}
