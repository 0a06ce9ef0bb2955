//! Who may read what of the shop, as its design says, in words of their own:
//! nothing here asks the catalogue.

use std::collections::BTreeMap;

use purser::access::Role;
use uuid::Uuid;

use super::servers::Caller;
use super::shop::{Cell, Record, Shop};
use crate::app::TestApp;

/// Someone who reads.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    pub role: Role,
    pub id: Option<Uuid>,
}

/// What someone knows: by table and row, columns and what is in them.
pub type Knowledge<'s> = BTreeMap<&'static str, BTreeMap<Uuid, Vec<(&'static str, &'s Cell)>>>;

/// Columns that refer to a row of another table, or of their own.
pub const REFERENCES: [(&str, &str, &str); 9] = [
    ("categories", "parent_id", "categories"),
    ("products", "category_id", "categories"),
    ("reviews", "product_id", "products"),
    ("reviews", "author_id", "users"),
    ("orders", "customer_id", "users"),
    ("order_items", "order_id", "orders"),
    ("order_items", "product_id", "products"),
    ("sessions", "user_id", "users"),
    ("audit_entries", "actor_id", "users"),
];

/// The table that a column refers to.
pub fn target(table: &str, column: &str) -> Option<&'static str> {
    let mut references = REFERENCES.iter();
    let found = references.find(|(from, by, _)| *from == table && *by == column);
    found.map(|(_, _, to)| *to)
}

impl Viewer {
    pub async fn of(app: &TestApp, caller: Caller) -> Self {
        Self {
            role: caller.role(),
            id: app.actor(caller.name()).await.requester.user(),
        }
    }

    fn is_staff(self) -> bool {
        self.role >= Role::Staff
    }

    fn is_admin(self) -> bool {
        self.role >= Role::Admin
    }

    fn is(self, cell: &Cell) -> bool {
        self.id.is_some() && self.id == cell.id()
    }

    /// Whether a row of a table is there for the viewer.
    pub fn sees(self, shop: &Shop, table: &str, row: &Record) -> bool {
        let through = |table: &str, column: &str| {
            let related = shop.referred(table, &row[column]);
            related.is_some_and(|related| self.sees(shop, table, related))
        };
        match table {
            "users" | "categories" => true,
            "products" => self.is_staff() || row["status"].text() == Some("active"),
            "reviews" => through("products", "product_id"),
            "orders" => self.is_staff() || self.is(&row["customer_id"]),
            "order_items" => through("orders", "order_id"),
            "sessions" => self.is_admin() || self.is(&row["user_id"]),
            "audit_entries" => self.is_admin(),
            "idempotency_keys" | "outbox" => false,
            _ => panic!("nothing says who may read {table}; say it here"),
        }
    }

    /// Whether the viewer may read a column of a row that is there.
    pub fn reads(self, table: &str, column: &str, row: &Record) -> bool {
        match (table, column) {
            ("users", "id" | "display_name")
            | (
                "categories",
                "id" | "parent_id" | "name" | "slug" | "position" | "version" | "created_at"
                | "updated_at",
            )
            | (
                "products",
                "id" | "category_id" | "sku" | "slug" | "name" | "description" | "price_cents"
                | "currency" | "stock" | "status" | "attributes" | "version" | "created_at"
                | "updated_at",
            )
            | (
                "reviews",
                "id" | "product_id" | "author_id" | "rating" | "title" | "body" | "version"
                | "created_at" | "updated_at",
            )
            | (
                "orders",
                "id" | "number" | "customer_id" | "status" | "currency" | "total_cents"
                | "placed_at" | "shipping_address" | "note" | "version" | "created_at"
                | "updated_at",
            )
            | (
                "order_items",
                "id" | "order_id" | "product_id" | "quantity" | "unit_price_cents"
                | "line_total_cents" | "created_at" | "updated_at",
            )
            | (
                "sessions",
                "id" | "user_id" | "user_agent" | "expires_at" | "rotated_at" | "revoked_at"
                | "created_at" | "updated_at",
            )
            | (
                "audit_entries",
                "id" | "actor_id" | "entity" | "entity_id" | "action" | "changes" | "request_id"
                | "at" | "created_at" | "updated_at",
            ) => true,
            (
                "users",
                "email" | "role" | "disabled_at" | "version" | "created_at" | "updated_at",
            ) => self.is_staff() || self.is(&row["id"]),
            ("products", "cost_cents") | ("order_items", "unit_cost_cents") => self.is_staff(),
            ("users", "password_hash")
            | ("sessions", "refresh_token_hash" | "family_id" | "successor_salt" | "ends_at") => {
                false
            }
            _ => panic!("nothing says who may read {table}.{column}; say it here"),
        }
    }

    /// Everything that the viewer can know: nothing of what it may not read,
    /// nor of a reference to a row that is not there for it.
    pub fn knowledge(self, shop: &Shop) -> Knowledge<'_> {
        let tables = shop.tables().map(|table| {
            let rows = table.rows.iter();
            let seen = rows.filter(|(_, row)| self.sees(shop, table.name, row));
            let known = seen.map(|(id, row)| {
                let cells = row.iter().map(|(column, cell)| (*column, cell));
                let known = cells.filter(|(column, cell)| {
                    self.reads(table.name, column, row)
                        && self.follows(shop, table.name, column, cell)
                });
                (*id, known.collect())
            });
            (table.name, known.collect())
        });
        tables.collect()
    }

    /// Whether a column that refers to another row leads the viewer there.
    fn follows(self, shop: &Shop, table: &str, column: &str, cell: &Cell) -> bool {
        *cell == Cell::Null
            || target(table, column).is_none_or(|target| {
                let related = shop.referred(target, cell);
                related.is_some_and(|related| self.sees(shop, target, related))
            })
    }
}
