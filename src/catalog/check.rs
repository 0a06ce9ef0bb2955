use std::fmt;

use super::declaration::{Declaration, DeclaredField, DeclaredRelation};
use super::model::{Catalog, Column, Entity, Field, Kind, Relation, RelationKind, Sort};
use super::names;
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

struct Check<'d> {
    declaration: &'d Declaration,
    all: &'d [Declaration],
    errors: &'d mut Vec<CatalogError>,
}

impl Check<'_> {
    fn entity(&mut self) -> Option<Entity> {
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
        let relations = self
            .declaration
            .relations
            .iter()
            .filter_map(|relation| self.relation(relation, &columns))
            .collect();
        let lookups = self.lookups(&columns, &fields);
        let default_sort = self.default_sort(&columns, &fields);
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
            default_sort,
            columns,
            key: key?,
        })
    }

    fn refuse(&mut self, message: impl Into<String>) {
        self.errors.push(CatalogError {
            entity: self.declaration.name.clone(),
            message: message.into(),
        });
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
                _ => self.refuse(format!("{name} holds no text, so it cannot be an enum")),
            }
        }
        columns
    }

    fn key(&mut self, columns: &[Column]) -> Option<usize> {
        let [name] = self.declaration.key.as_slice() else {
            self.refuse("the primary key must be one column");
            return None;
        };
        let place = columns.iter().position(|column| column.name == *name);
        if name != "id" || !place.is_some_and(|place| columns[place].kind == Kind::Uuid) {
            self.refuse(format!("the primary key {name} must be a UUID called id"));
        }
        place
    }

    fn field(&mut self, field: &DeclaredField, columns: &[Column]) -> Option<Field> {
        let Some(column) = columns.iter().position(|known| known.name == field.column) else {
            let kind =
                self.declaration.columns.iter().find_map(|(name, column)| {
                    (*name == field.column).then(|| column.as_ref().err())
                });
            self.refuse(format!(
                "{} has the type {:?}, which cannot be exposed; leave it out",
                field.column,
                kind.flatten()
            ));
            return None;
        };
        if columns[column].kind == Kind::Uuid && self.declaration.key != [field.column.clone()] {
            self.refuse(format!(
                "{} refers to another row; expose the relation instead",
                field.column
            ));
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

    fn rule(&mut self, rule: &Rule, columns: &[Column]) {
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
            Rule::Through { column, table } => {
                let exposed = self.all.iter().any(|other| other.table == *table);
                let own_key = self.declaration.key.contains(column);
                if find(column).is_none() || own_key || !exposed {
                    mistakes.push(format!(
                        "through({column}) must name a to-one relation to an exposed entity"
                    ));
                }
            }
            Rule::Everyone | Rule::Role(_) | Rule::AnyOf(_) | Rule::AllOf(_) => {}
        });
        for mistake in mistakes {
            self.refuse(mistake);
        }
    }

    fn relation(&mut self, relation: &DeclaredRelation, columns: &[Column]) -> Option<Relation> {
        let name = &relation.name;
        let Some(target) = self
            .all
            .iter()
            .position(|other| other.table == relation.table)
        else {
            self.refuse(format!(
                "the relation {name} leads to {}, which is not exposed",
                relation.table
            ));
            return None;
        };
        let other = &self.all[target];
        let ([from], [to]) = (relation.from.as_slice(), relation.to.as_slice()) else {
            self.refuse(format!("the relation {name} must join by one column"));
            return None;
        };
        let from = columns.iter().position(|column| column.name == *from);
        let to = other
            .columns
            .iter()
            .filter(|(_, column)| column.is_ok())
            .position(|(column, _)| column == to);
        let (Some(from), Some(to)) = (from, to) else {
            self.refuse(format!(
                "the relation {name} joins by a column that cannot be read"
            ));
            return None;
        };
        let unique = other
            .columns
            .iter()
            .filter_map(|(_, column)| column.as_ref().ok())
            .nth(to)
            .is_some_and(|column| column.unique || other.key.contains(&column.name));
        if relation.kind == RelationKind::ToOne && !unique {
            self.refuse(format!(
                "the relation {name} leads to one row by a column that is not unique"
            ));
            return None;
        }
        let (own, theirs) = (
            names::words(&self.declaration.name),
            names::words(&other.name),
        );
        Some(Relation {
            name: name.clone(),
            description: match relation.kind {
                RelationKind::ToOne => format!(
                    "The {theirs} that the {own} refers to as its {}.",
                    names::words(name)
                ),
                RelationKind::ToMany => format!(
                    "The {} that refer to the {own}, page by page.",
                    names::plural(&theirs)
                ),
            },
            kind: relation.kind,
            target,
            from,
            to,
        })
    }

    fn lookups(&mut self, columns: &[Column], fields: &[Field]) -> Vec<usize> {
        let mut lookups = Vec::new();
        for name in &self.declaration.lookups {
            let place = fields
                .iter()
                .position(|field| columns[field.column].name == *name);
            match place {
                Some(place)
                    if columns[fields[place].column].unique
                        && !columns[fields[place].column].nullable =>
                {
                    lookups.push(place);
                }
                _ => self.refuse(format!(
                    "lookup({name}) must name an exposed column that is unique and never null"
                )),
            }
        }
        lookups
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

fn refuse_twice(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    for (place, declaration) in declarations.iter().enumerate() {
        let twice = declarations[..place]
            .iter()
            .any(|other| other.name == declaration.name || other.table == declaration.table);
        if twice {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: "is declared twice; keep one".to_owned(),
            });
        }
        let mut names: Vec<_> = declaration
            .fields
            .iter()
            .map(|field| &field.name)
            .chain(declaration.relations.iter().map(|relation| &relation.name))
            .collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: format!("names {} twice; keep one", pair[0]),
            });
        }
    }
}

/// Refuses types and fields that would have one name: of two, one would
/// silently replace the other.
fn refuse_clashes(entities: &[Entity], errors: &mut Vec<CatalogError>) {
    let mut types: Vec<String> = ["Node", "PageInfo", "Query", "OrderDirection"]
        .map(str::to_owned)
        .into();
    let mut roots: Vec<String> = ["node", "nodes"].map(str::to_owned).into();
    let mut enumerations: Vec<&str> = Vec::new();
    for entity in entities {
        let parts = ["", "By", "Connection", "Edge", "Filter", "Order"];
        let mut names: Vec<_> = parts
            .iter()
            .map(|part| format!("{}{part}", entity.name))
            .collect();
        for column in &entity.columns {
            if let Kind::Enum(enumeration) = &column.kind
                && !enumerations.contains(&enumeration.name.as_str())
            {
                enumerations.push(&enumeration.name);
                names.push(enumeration.name.clone());
                names.push(format!("{}Filter", enumeration.name));
            }
        }
        let fields = [entity.singular_field.clone(), entity.plural_field.clone()];
        let reserved = entity
            .fields
            .iter()
            .map(|field| &field.name)
            .filter(|name| matches!(name.as_str(), "and" | "or" | "not") || name.starts_with("__"));
        let clash = names
            .iter()
            .find(|name| types.contains(name))
            .or_else(|| fields.iter().find(|name| roots.contains(name)))
            .or_else(|| reserved.into_iter().next());
        if let Some(clash) = clash {
            errors.push(CatalogError {
                entity: entity.name.clone(),
                message: format!("needs the name {clash}, which is taken; choose another"),
            });
        }
        types.extend(names);
        roots.extend(fields);
    }
}

/// Refuses rules that lead through entities back to themselves: no row could
/// ever be decided.
fn refuse_circles(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    fn targets(declaration: &Declaration) -> Vec<&str> {
        let mut tables = Vec::new();
        if let Some(rule) = &declaration.read {
            rule.walk(&mut |rule| {
                if let Rule::Through { table, .. } = rule {
                    tables.push(table.as_str());
                }
            });
        }
        tables
    }
    for declaration in declarations {
        let mut reached = targets(declaration);
        let mut next = 0;
        while next < reached.len() {
            if let Some(other) = declarations
                .iter()
                .find(|other| other.table == reached[next])
            {
                for table in targets(other) {
                    if !reached.contains(&table) {
                        reached.push(table);
                    }
                }
            }
            next += 1;
        }
        if reached.contains(&declaration.table.as_str()) {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: "is visible through itself; break the circle of through(…) rules"
                    .to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::{category, product, review, user};

    use super::*;
    use crate::access::{Role, everyone, owner, role, rows, through};
    use crate::catalog::{Expose, declarations, expose};

    fn products() -> Expose<product::Entity> {
        expose::<product::Entity>("Product")
            .read(everyone())
            .fields([product::Column::Id, product::Column::Name])
    }

    fn refused(declarations: Vec<Declaration>) -> Vec<String> {
        let errors = Catalog::new(declarations).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn assert_refused(declaration: Expose<product::Entity>, reason: &str) {
        let errors = refused(vec![declaration.done()]);
        assert!(
            errors.len() == 1 && errors[0].contains(reason),
            "expected {reason:?}: {errors:#?}"
        );
    }

    #[test]
    fn the_shop_is_declared_well() {
        let catalog = Catalog::new(declarations()).unwrap();
        assert_eq!(catalog.entities().len(), 8);
    }

    #[test]
    fn rows_without_a_rule_are_refused() {
        let declaration = expose::<product::Entity>("Product").fields([product::Column::Id]);
        assert_refused(declaration, "no rule says which rows may be read");
    }

    #[test]
    fn a_default_order_without_an_index_is_refused() {
        let declaration = products()
            .fields([product::Column::CostCents])
            .ascending(product::Column::CostCents);
        assert_refused(declaration, "which no index starts with");
    }

    #[test]
    fn a_default_order_by_what_not_everyone_may_read_is_refused() {
        let declaration = products()
            .field(product::Column::PriceCents, role(Role::Staff))
            .ascending(product::Column::PriceCents);
        assert_refused(declaration, "which not everyone may read");
        assert_refused(
            products().ascending(product::Column::Stock),
            "which not everyone may read",
        );
    }

    #[test]
    fn a_lookup_that_may_name_several_rows_is_refused() {
        assert_refused(products().lookup([product::Column::Name]), "lookup(name)");
        assert_refused(products().lookup([product::Column::Sku]), "lookup(sku)");
    }

    #[test]
    fn a_relation_to_what_is_not_exposed_is_refused() {
        let declaration = products().relations([product::Relation::Category]);
        assert_refused(declaration, "leads to categories, which is not exposed");
    }

    #[test]
    fn a_foreign_key_is_no_field() {
        let declaration = products().fields([product::Column::CategoryId]);
        assert_refused(declaration, "expose the relation instead");
    }

    #[test]
    fn the_key_must_be_exposed() {
        let declaration = expose::<product::Entity>("Product")
            .read(everyone())
            .fields([product::Column::Name]);
        assert_refused(declaration, "the key id is not exposed");
    }

    #[test]
    fn the_key_is_read_with_its_row() {
        let declaration = expose::<product::Entity>("Product")
            .read(everyone())
            .field(product::Column::Id, role(Role::Staff));
        assert_refused(declaration, "the key id has a rule of its own");
    }

    #[test]
    fn a_column_without_a_comment_is_no_field() {
        let declaration = expose::<user::Entity>("User")
            .read(everyone())
            .fields([user::Column::Id, user::Column::PasswordHash]);
        let errors = refused(vec![declaration.done()]);
        assert!(
            errors[0].contains("password_hash has no description"),
            "{errors:#?}"
        );
    }

    #[test]
    fn an_enum_needs_a_text_column() {
        let declaration =
            products().enumeration::<product::Status>(product::Column::Stock, "Stock");
        assert_refused(declaration, "stock holds no text");
    }

    #[test]
    fn a_rule_on_a_column_of_the_wrong_kind_is_refused() {
        let named = products().field(product::Column::Sku, owner(product::Column::Name));
        assert_refused(named, "owner(name)");
        let counted = products().field(
            product::Column::Sku,
            rows(product::Column::Stock, [product::Status::Active]),
        );
        assert_refused(counted, "rows(stock)");
        let hidden = products().field(product::Column::Sku, through(product::Relation::Category));
        assert_refused(hidden, "through(category_id)");
    }

    #[test]
    fn names_that_would_replace_each_other_are_refused() {
        let orders = expose::<category::Entity>("ProductOrder")
            .read(everyone())
            .fields([category::Column::Id]);
        let errors = refused(vec![products().done(), orders.done()]);
        assert!(
            errors[0].contains("needs the name ProductOrder"),
            "{errors:#?}"
        );
        let nodes = expose::<product::Entity>("Node")
            .read(everyone())
            .fields([product::Column::Id]);
        assert_refused(nodes, "needs the name Node");
    }

    #[test]
    fn through_leads_to_one_row() {
        let reviews = expose::<review::Entity>("Review")
            .read(everyone())
            .fields([review::Column::Id]);
        let products = products().field(product::Column::Sku, through(product::Relation::Reviews));
        let errors = refused(vec![reviews.done(), products.done()]);
        assert!(
            errors[0].contains("through(id) must name a to-one"),
            "{errors:#?}"
        );
    }

    #[test]
    fn a_rule_that_leads_back_to_itself_is_refused() {
        let declaration = expose::<category::Entity>("Category")
            .read(through(category::Relation::Parent))
            .fields([category::Column::Id]);
        let errors = refused(vec![declaration.done()]);
        assert!(errors[0].contains("visible through itself"), "{errors:#?}");
    }

    #[test]
    fn a_table_is_declared_once() {
        let errors = refused(vec![products().done(), products().done()]);
        assert!(errors[0].contains("declared twice"), "{errors:#?}");
    }

    #[test]
    fn every_mistake_is_told() {
        let reviews = expose::<review::Entity>("Review").fields([review::Column::Id]);
        let products = products()
            .lookup([product::Column::Name])
            .relations([product::Relation::Category]);
        assert_eq!(refused(vec![reviews.done(), products.done()]).len(), 3);
    }
}
