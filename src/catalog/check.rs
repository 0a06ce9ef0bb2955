use std::fmt;

use super::check_names::refuse_impossible;
use super::conflicts::{refuse_circles, refuse_clashes, refuse_twice};
use super::declaration::{Declaration, DeclaredField};
use super::model::{Catalog, Column, Entity, Field, Kind, Sort};
use super::names;
use super::remedy::{TEXT_WITH_CHECK, UUID_KEY, remedy};
use crate::access::{Rule, is_testable};

/// A mistake in a declaration: where it is and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// The GraphQL type whose declaration is wrong.
    pub entity: String,
    /// What is wrong, and the next step.
    pub message: String,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entity, self.message)
    }
}

impl std::error::Error for CatalogError {}

impl Catalog {
    /// Checks the declarations against their entities and each other.
    ///
    /// # Errors
    /// Every mistake found, so that they can be mended at once.
    pub fn new(declarations: Vec<Declaration>) -> Result<Self, Vec<CatalogError>> {
        let mut errors = Vec::new();
        let mut entities = Vec::with_capacity(declarations.len());
        for declaration in &declarations {
            let mut check = Check {
                declaration,
                all: &declarations,
                errors: &mut errors,
            };
            if let Some(entity) = check.entity() {
                entities.push(entity);
            }
        }
        refuse_impossible(&declarations, &mut errors);
        refuse_twice(&declarations, &mut errors);
        refuse_clashes(&entities, &mut errors);
        refuse_circles(&declarations, &mut errors);
        if errors.is_empty() {
            Ok(Self { entities })
        } else {
            Err(errors)
        }
    }
}

pub(super) struct Check<'d> {
    pub(super) declaration: &'d Declaration,
    pub(super) all: &'d [Declaration],
    errors: &'d mut Vec<CatalogError>,
}

impl Check<'_> {
    fn entity(&mut self) -> Option<Entity> {
        self.table();
        let columns = self.columns();
        let key = self.key(&columns);
        let read = self.declaration.read.clone();
        if read.is_none() {
            self.refuse("no rule says which rows may be read; add .read(…)");
        }
        let fields: Vec<_> = self
            .declaration
            .fields
            .iter()
            .filter_map(|field| self.field(field, &columns))
            .collect();
        if let Some(key) = key {
            let name = &columns[key].name;
            match fields.iter().find(|field| field.column == key) {
                None => self.refuse(format!("the key {name} is not exposed; name it in .fields")),
                Some(field) if field.read != Rule::Everyone => self.refuse(format!(
                    "the key {name} has a rule of its own; ids are read with their rows"
                )),
                Some(_) => {}
            }
        }
        for rule in read.iter().chain(fields.iter().map(|field| &field.read)) {
            self.rule(rule, &columns);
        }
        let relations: Vec<_> = self
            .declaration
            .relations
            .iter()
            .filter_map(|relation| self.relation(relation))
            .collect();
        let tree = self.tree(&relations);
        let search = self.search(&columns, &fields);
        let lookups = self.lookups(&columns, &fields);
        let default_sort = self.default_sort(&columns, &fields);
        self.min_group_sizes();
        let writes = self.writes(&columns, &fields, &relations);
        let plural = names::plural(&self.declaration.name);
        Some(Entity {
            name: self.declaration.name.clone(),
            singular_field: names::camel(&self.declaration.name),
            plural_field: names::camel(&plural),
            plural,
            description: self.description()?,
            table: self.declaration.table.clone(),
            read: read?,
            fields,
            relations,
            lookups,
            search,
            tree,
            accounts: self.declaration.accounts,
            default_sort,
            min_group_sizes: self.declaration.min_group_sizes.clone(),
            writes,
            columns,
            key: key?,
        })
    }

    pub(super) fn refuse(&mut self, message: impl Into<String>) {
        self.errors.push(CatalogError {
            entity: self.declaration.name.clone(),
            message: message.into(),
        });
    }

    fn min_group_sizes(&mut self) {
        let sizes = &self.declaration.min_group_sizes;
        for (place, (role, rows)) in sizes.iter().enumerate() {
            if *rows < 2 {
                self.refuse(format!(
                    "groups of {rows} rows leave nothing out; give .min_group_size at least 2"
                ));
            }
            if sizes[..place].iter().any(|(known, _)| known == role) {
                self.refuse(format!("two .min_group_size for {role}; leave one out"));
            }
        }
    }

    fn description(&mut self) -> Option<String> {
        if self.declaration.description.is_none() {
            self.refuse("has no description; give the entity a #[sea_orm(comment = …)]");
        }
        self.declaration.description.clone()
    }

    /// The columns the engine can handle. A column of another type may stay in
    /// the table as long as it is not exposed.
    fn columns(&mut self) -> Vec<Column> {
        let mut columns: Vec<_> = self
            .declaration
            .columns
            .iter()
            .filter_map(|(_, column)| column.as_ref().ok().cloned())
            .collect();
        for (name, enumeration) in &self.declaration.enumerations {
            let legible = enumeration.values.iter().all(|value| {
                !value.stored.is_empty()
                    && value
                        .stored
                        .bytes()
                        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            });
            if !legible {
                self.refuse(format!(
                    "the stored values of {} must be lower-case letters, digits and underscores",
                    enumeration.name
                ));
            }
            match columns.iter_mut().find(|column| column.name == *name) {
                Some(column) if column.kind == Kind::Text => {
                    column.kind = Kind::Enum(enumeration.clone());
                }
                _ => self.refuse(format!(
                    "{name} holds no text, so it cannot be an enum; {TEXT_WITH_CHECK}"
                )),
            }
        }
        columns
    }

    fn key(&mut self, columns: &[Column]) -> Option<usize> {
        let [name] = self.declaration.key.as_slice() else {
            self.refuse(format!(
                "the primary key is made of {}; {UUID_KEY}",
                self.declaration.key.join(", ")
            ));
            return None;
        };
        let place = columns.iter().position(|column| column.name == *name);
        if !place.is_some_and(|place| columns[place].kind == Kind::Uuid) {
            self.refuse(format!("the primary key {name} is no UUID; {UUID_KEY}"));
        }
        place
    }

    fn field(&mut self, field: &DeclaredField, columns: &[Column]) -> Option<Field> {
        let Some(column) = columns.iter().position(|known| known.name == field.column) else {
            let mut declared = self.declaration.columns.iter();
            if let Some((name, Err(unhandled))) = declared.find(|(name, _)| *name == field.column) {
                let kind = &unhandled.kind;
                self.refuse(format!(
                    "{name} has the type {kind:?}, which cannot be exposed; {}, or leave it out",
                    remedy(kind)
                ));
            }
            return None;
        };
        if columns[column].kind == Kind::Uuid && self.declaration.key != [field.column.clone()] {
            let name = &field.column;
            self.refuse(if self.declaration.references.contains(name) {
                format!("{name} refers to another row; name the relation in .relations instead")
            } else {
                format!(
                    "{name} holds a UUID, which only keys and references may; name the relation \
                     by which it refers to another row, or expose a text column generated from it, \
                     or leave it out"
                )
            });
        }
        let description = field.description.clone().or_else(|| {
            self.refuse(format!(
                "{} has no description; give the column a #[sea_orm(comment = …)]",
                field.column
            ));
            None
        })?;
        Some(Field {
            name: field.name.clone(),
            description,
            read: field.read.clone(),
            column,
        })
    }

    pub(super) fn rule(&mut self, rule: &Rule, columns: &[Column]) {
        let mut mistakes = Vec::new();
        let find = |name: &str| columns.iter().find(|column| column.name == name);
        rule.walk(&mut |rule| match rule {
            Rule::Owner { column } => {
                if find(column).is_none_or(|column| column.kind != Kind::Uuid) {
                    mistakes.push(format!(
                        "owner({column}) must name a column with a user's id"
                    ));
                }
            }
            Rule::Rows(test) => {
                if find(&test.column).is_none_or(|column| !is_testable(&column.kind)) {
                    mistakes.push(format!("rows({}) must name a text column", test.column));
                }
            }
            Rule::Through(reference) => {
                mistakes.extend(self.amiss_with(reference));
            }
            Rule::Amiss(reason) => mistakes.push(reason.clone()),
            Rule::Everyone | Rule::Role(_) | Rule::AnyOf(_) | Rule::AllOf(_) => {}
        });
        for mistake in mistakes {
            self.refuse(mistake);
        }
    }

    fn lookups(&mut self, columns: &[Column], fields: &[Field]) -> Vec<usize> {
        let mut lookups = Vec::new();
        for name in &self.declaration.lookups {
            let place = fields
                .iter()
                .position(|field| columns[field.column].name == *name);
            let column = place.map(|place| &columns[fields[place].column]);
            match (place, column) {
                (Some(_), Some(column)) if !names_rows(&column.kind) => self.refuse(format!(
                    "lookup({name}) must name a text, a whole number, a day or a moment"
                )),
                (Some(place), _) if lookups.contains(&place) => {
                    self.refuse(format!("lookup({name}) is named twice; keep one"));
                }
                (Some(place), Some(column)) if column.unique && !column.nullable => {
                    lookups.push(place);
                }
                _ => self.refuse(format!(
                    "lookup({name}) must name an exposed column that is unique and never null"
                )),
            }
        }
        lookups
    }

    fn search(&mut self, columns: &[Column], fields: &[Field]) -> Vec<usize> {
        let mut found = Vec::new();
        for name in &self.declaration.search {
            let place = fields
                .iter()
                .position(|field| columns[field.column].name == *name);
            match place {
                Some(place) if found.contains(&place) => {
                    self.refuse(format!("search({name}) is named twice; keep one"));
                }
                // The index knows the words of all rows alike, so it must not
                // hold any that some may not read.
                Some(place)
                    if columns[fields[place].column].kind == Kind::Text
                        && fields[place].read == Rule::Everyone =>
                {
                    found.push(place);
                }
                _ => self.refuse(format!(
                    "search({name}) must name an exposed text that everyone may read"
                )),
            }
        }
        found
    }

    fn default_sort(&mut self, columns: &[Column], fields: &[Field]) -> Vec<Sort> {
        let mut sorts = Vec::new();
        for (name, descending) in &self.declaration.default_sort {
            let Some(column) = columns.iter().position(|column| column.name == *name) else {
                self.refuse(format!(
                    "the default order uses {name}, which cannot be read"
                ));
                continue;
            };
            if !fields
                .iter()
                .any(|field| field.column == column && field.read == Rule::Everyone)
            {
                self.refuse(format!(
                    "the default order uses {name}, which not everyone may read"
                ));
            }
            if !columns[column].kind.is_sortable() {
                self.refuse(format!("the default order uses {name}, which has no order"));
            }
            if sorts.is_empty() && !columns[column].indexed {
                self.refuse(format!(
                    "the default order starts with {name}, which no index starts with; \
                     add an index, or choose another order"
                ));
            }
            sorts.push(Sort {
                column,
                descending: *descending,
            });
        }
        sorts
    }
}

/// Whether a row is named by such a value: it is written in one way only.
fn names_rows(kind: &Kind) -> bool {
    match kind {
        Kind::Uuid | Kind::BigInt | Kind::Int | Kind::Text | Kind::DateTime | Kind::Date => true,
        Kind::Float | Kind::Boolean | Kind::Enum(_) | Kind::Json => false,
    }
}

#[cfg(test)]
mod tests;
