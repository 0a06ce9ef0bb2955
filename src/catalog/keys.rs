use super::check_names::{NAMES, is_possible};
use super::model::Entity;
use super::names;

impl Entity {
    /// The name of a unique key, such as `PRODUCT_AUTHOR`, where each of its
    /// columns is written when a row is made.
    #[must_use]
    pub fn key_name(&self, columns: &[usize]) -> Option<String> {
        let names = columns.iter().map(|place| self.part_name(*place));
        let names: Vec<_> = names.collect::<Option<_>>()?;
        Some(names.join("_"))
    }

    /// The name of a column in those of unique keys.
    fn part_name(&self, place: usize) -> Option<String> {
        let mut inputs = self.writes.inputs.iter();
        let input = inputs.find(|input| input.column == place);
        let name = match input {
            Some(input) => &input.name,
            None if self.writes.created_by == Some(place) => {
                let mut relations = self.relations.iter();
                let relation = relations.find(|relation| relation.from == place);
                relation.map_or(&self.columns[place].name, |relation| &relation.name)
            }
            None => return None,
        };
        Some(names::screaming(name))
    }
}

/// What is wrong with the names by which upserts choose a unique key.
pub(super) fn mistaken_keys(entity: &Entity) -> Vec<String> {
    let mut mistakes = Vec::new();
    if entity.writes.create.is_none() || entity.writes.update.is_none() {
        return mistakes;
    }
    let columns = |key: &[usize]| {
        let names = key
            .iter()
            .map(|place| entity.column_at(*place).name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let mut known: Vec<(String, &[usize])> = Vec::new();
    for key in &entity.writes.keys {
        let Some(name) = entity.key_name(key) else {
            continue;
        };
        if !is_possible(&name) {
            mistakes.push(format!(
                "the unique key of {} cannot be called {name:?}: {NAMES}; rename the column, or \
                 name its relation in .relations",
                columns(key)
            ));
        }
        match known.iter().find(|(other, _)| *other == name) {
            Some((_, other)) => mistakes.push(format!(
                "the unique keys of {} and of {} are both called {name}; rename a column of one",
                columns(other),
                columns(key)
            )),
            None => known.push((name, key)),
        }
    }
    mistakes
}
