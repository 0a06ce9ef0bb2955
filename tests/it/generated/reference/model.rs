//! How types, fields and tables belong together, as the design of the shop
//! has them.

use std::fmt;

use crate::generated::vocabulary::Vocabulary;

/// A type of rows.
#[derive(PartialEq)]
pub struct Entity {
    pub name: &'static str,
    /// What its ids begin with.
    pub prefix: &'static str,
    pub table: &'static str,
    pub relations: &'static [Relation],
    /// The column by which lists are sorted that are asked for no order.
    pub sorted_by: Option<&'static str>,
    /// The texts that are searched; the earlier ones count more.
    pub searched: &'static [&'static str],
    /// The column that refers to the row's parent, where rows make a tree.
    pub parent: Option<&'static str>,
}

/// A field that leads to other rows.
#[derive(PartialEq)]
pub struct Relation {
    pub name: &'static str,
    pub target: &'static str,
    pub link: Link,
}

#[derive(Debug, PartialEq)]
pub enum Link {
    /// To the row that this column refers to.
    One(&'static str),
    /// To the rows whose column refers here.
    Many(&'static str),
}

const fn one(name: &'static str, target: &'static str, column: &'static str) -> Relation {
    Relation {
        name,
        target,
        link: Link::One(column),
    }
}

const fn many(name: &'static str, target: &'static str, column: &'static str) -> Relation {
    Relation {
        name,
        target,
        link: Link::Many(column),
    }
}

const fn entity(
    name: &'static str,
    prefix: &'static str,
    table: &'static str,
    relations: &'static [Relation],
) -> Entity {
    Entity {
        name,
        prefix,
        table,
        relations,
        sorted_by: None,
        searched: &[],
        parent: None,
    }
}

const ENTITIES: [Entity; 8] = [
    entity(
        "AuditEntry",
        "auditEntry",
        "audit_entries",
        &[one("actor", "User", "actor_id")],
    ),
    Entity {
        sorted_by: Some("created_at"),
        parent: Some("parent_id"),
        ..entity(
            "Category",
            "category",
            "categories",
            &[
                one("parent", "Category", "parent_id"),
                many("children", "Category", "parent_id"),
                many("products", "Product", "category_id"),
            ],
        )
    },
    Entity {
        sorted_by: Some("created_at"),
        ..entity(
            "Order",
            "order",
            "orders",
            &[
                one("customer", "User", "customer_id"),
                many("items", "OrderItem", "order_id"),
            ],
        )
    },
    Entity {
        sorted_by: Some("created_at"),
        ..entity(
            "OrderItem",
            "orderItem",
            "order_items",
            &[
                one("order", "Order", "order_id"),
                one("product", "Product", "product_id"),
            ],
        )
    },
    Entity {
        sorted_by: Some("created_at"),
        searched: &["name", "description"],
        ..entity(
            "Product",
            "product",
            "products",
            &[
                one("category", "Category", "category_id"),
                many("reviews", "Review", "product_id"),
                many("orderItems", "OrderItem", "product_id"),
            ],
        )
    },
    Entity {
        sorted_by: Some("created_at"),
        ..entity(
            "Review",
            "review",
            "reviews",
            &[
                one("product", "Product", "product_id"),
                one("author", "User", "author_id"),
            ],
        )
    },
    entity(
        "Session",
        "session",
        "sessions",
        &[one("user", "User", "user_id")],
    ),
    entity(
        "User",
        "user",
        "users",
        &[
            many("reviews", "Review", "author_id"),
            many("orders", "Order", "customer_id"),
            many("sessions", "Session", "user_id"),
            many("auditEntries", "AuditEntry", "actor_id"),
        ],
    ),
];

static ALL: [Entity; 8] = ENTITIES;

/// Fields that lead to rows of the same tree, which are no relations.
const IN_TREES: [&str; 2] = ["ancestors", "descendants"];

/// The types of rows in a schema, and the fields that lead to others, of which
/// nothing is said here.
pub fn unknown(vocabulary: &Vocabulary) -> Vec<String> {
    let mut unknown = Vec::new();
    for name in &vocabulary.entities {
        let Some(entity) = Entity::named(name) else {
            unknown.push(format!("the entity {name}"));
            continue;
        };
        let fields = vocabulary.fields(name).into_iter();
        let related = fields.filter(|field| {
            vocabulary.is_entity(&vocabulary.rows_of(&field.ty))
                && entity.relation(&field.name).is_none()
                && !(entity.parent.is_some() && IN_TREES.contains(&field.name.as_str()))
        });
        unknown.extend(related.map(|field| format!("the relation {name}.{}", field.name)));
    }
    unknown
}

impl Entity {
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|entity| entity.name == name)
    }

    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        let mut relations = self.relations.iter();
        relations.find(|relation| relation.name == name)
    }

    /// The relation whose rows a field is about, by the end of its name, such
    /// as `reviewAggregate` by `Aggregate`.
    pub fn relation_by(&self, field: &str, end: &str) -> Option<&'static Relation> {
        let rows = field.strip_suffix(end)?;
        self.relations.iter().find(|relation| {
            let prefix = relation.entity().prefix;
            let is_plural = relation.name.starts_with(prefix.trim_end_matches('y'));
            let name = if is_plural { prefix } else { relation.name };
            matches!(relation.link, Link::Many(_)) && name == rows
        })
    }
}

impl Relation {
    pub fn entity(&self) -> &'static Entity {
        Entity::named(self.target).unwrap()
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// `priceCents` → `price_cents`.
pub fn column_of(field: &str) -> String {
    if field == "rowId" {
        return "id".to_owned();
    }
    let mut column = String::with_capacity(field.len() + 4);
    for letter in field.chars() {
        if letter.is_uppercase() {
            column.push('_');
        }
        column.extend(letter.to_lowercase());
    }
    column
}
