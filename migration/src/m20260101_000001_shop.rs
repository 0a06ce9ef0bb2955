//! The shop: users, the category tree, products, reviews, orders and their items.

use crate::columns::{choice, fixed_text, id, integer, json, money, text, timestamp, version};
use crate::table::Table;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            users(),
            categories(),
            products(),
            reviews(),
            orders(),
            order_items(),
        ] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn users() -> Table {
    Table::new(
        "users",
        [
            text("email", 254),
            text("display_name", 100),
            choice("role", &["customer", "staff", "admin"]),
            text("password_hash", 255).nullable(),
            timestamp("disabled_at").nullable(),
            version(),
        ],
    )
    .unique(["email"])
    .index(["display_name", "id"])
    .index(["role", "created_at", "id"])
}

fn categories() -> Table {
    Table::new(
        "categories",
        [
            id("parent_id").nullable(),
            text("name", 100),
            text("slug", 120),
            integer("position", 0..=i32::MAX),
            version(),
        ],
    )
    .references("parent_id", "categories")
    .unique(["slug"])
    .index(["parent_id", "position", "id"])
    .index(["name", "id"])
}

fn products() -> Table {
    Table::new(
        "products",
        [
            id("category_id"),
            text("sku", 64),
            text("slug", 160),
            text("name", 200),
            text("description", 8000).nullable(),
            money("price_cents"),
            money("cost_cents"),
            fixed_text("currency", 3),
            integer("stock", 0..=i32::MAX),
            choice("status", &["draft", "active", "archived"]),
            json("attributes"),
            version(),
        ],
    )
    .references("category_id", "categories")
    .unique(["sku"])
    .unique(["slug"])
    .index(["name", "id"])
    .index(["price_cents", "id"])
    .index(["stock", "id"])
    .index(["status", "created_at", "id"])
}

fn reviews() -> Table {
    Table::new(
        "reviews",
        [
            id("product_id"),
            id("author_id"),
            integer("rating", 1..=5),
            text("title", 200).nullable(),
            text("body", 5000).nullable(),
            version(),
        ],
    )
    .references("product_id", "products")
    .references("author_id", "users")
    .unique(["product_id", "author_id"])
    .index(["rating", "id"])
}

fn orders() -> Table {
    Table::new(
        "orders",
        [
            text("number", 32),
            id("customer_id"),
            choice(
                "status",
                &[
                    "pending",
                    "paid",
                    "shipped",
                    "delivered",
                    "cancelled",
                    "refunded",
                ],
            ),
            fixed_text("currency", 3),
            money("total_cents"),
            timestamp("placed_at"),
            json("shipping_address"),
            text("note", 2000).nullable(),
            version(),
        ],
    )
    .references("customer_id", "users")
    .unique(["number"])
    .index(["placed_at", "id"])
    .index(["total_cents", "id"])
    .index(["status", "placed_at", "id"])
}

fn order_items() -> Table {
    Table::new(
        "order_items",
        [
            id("order_id"),
            id("product_id"),
            integer("quantity", 1..=i32::MAX),
            money("unit_price_cents"),
            money("unit_cost_cents"),
            money("line_total_cents"),
        ],
    )
    .belongs_to("order_id", "orders")
    .references("product_id", "products")
    .check(
        Expr::col("line_total_cents").eq(Expr::col("quantity").mul(Expr::col("unit_price_cents"))),
    )
}
