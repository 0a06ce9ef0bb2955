use super::statement::Writer;
use crate::plan::{Level, Predicate};

impl Writer {
    /// Writes the join of the rows at a level of a tree to those below them.
    pub(super) fn level(&mut self, level: &Level<'_>) {
        let key = &level.root.entity().key().name;
        let walked = format!("l{}", level.alias.0);
        self.push(&format!(
            " LEFT JOIN (WITH RECURSIVE {walked}(id,top,level) AS (SELECT "
        ));
        self.column(level.root.alias(), key);
        self.push(", CASE WHEN ");
        self.param(level.level);
        self.push(" = 1 THEN ");
        self.column(level.root.alias(), key);
        self.push(" END, 1 ");
        let has_parent = Predicate::Exists(Box::new(level.above.clone()));
        self.from(&level.root, &[&has_parent.negate()]);
        self.push(" UNION ALL SELECT ");
        self.column(level.step.alias(), key);
        self.push(&format!(", CASE WHEN {walked}.level + 1 = "));
        self.param(level.level);
        self.push(" THEN ");
        self.column(level.step.alias(), key);
        self.push(&format!(
            " ELSE {walked}.top END, {walked}.level + 1 FROM {walked} JOIN "
        ));
        self.table(&level.step);
        self.push(" ON ");
        self.column(level.step.alias(), &level.parent.name);
        self.push(&format!(" = {walked}.id"));
        self.conditions(" WHERE ", &level.step, &[], |writer| {
            writer.push(&format!("{walked}.level <= "));
            writer.param(level.depth);
            true
        });
        self.push(") SELECT id AS below, top AS ");
        self.name(key);
        self.push(&format!(" FROM {walked}) "));
        self.alias(level.alias);
        self.push(" ON ");
        self.alias(level.alias);
        self.push(".below = ");
        self.column(level.of, key);
    }
}
