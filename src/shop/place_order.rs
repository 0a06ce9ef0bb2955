use std::collections::BTreeMap;

use entity::product::Status as ProductStatus;
use entity::{order, order_item};
use sea_orm::{ActiveEnum as _, EntityTrait as _, Set};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::number;
use super::stock::{self, Shelf};
use crate::access::Role;
use crate::catalog::JsonBounds;
use crate::error::ApiError;
use crate::graphql::{
    Argument, Arguments, Call, GiftKind, Outcome, Shape, UserError, UserErrorKind, Verb,
};
use crate::run::{Changed, Kept};

/// How many products one order has at most.
const MOST_ITEMS: usize = 100;
/// How many pieces of one product.
const MOST_PIECES: i64 = 10_000;
/// How many characters a note has at most.
const LONGEST_NOTE: usize = 2_000;

const NAME: &str = "placeOrder";

const ITEM: &[Argument] = &[
    Argument {
        name: "product",
        shape: Shape::Row("Product"),
        required: true,
        description: "What is bought. Each product stands in one item only.",
    },
    Argument {
        name: "quantity",
        shape: Shape::Int,
        required: true,
        description: "How many pieces, from 1 to 10,000.",
    },
];

const ADDRESS: JsonBounds = JsonBounds {
    bytes: 4 * 1024,
    depth: 4,
    object: true,
};

pub(super) fn verb() -> Verb {
    Verb::new(
        NAME,
        "Orders products at today's prices. The pieces are yours from then on; all of them, or \
         there is no order.",
        |call| Box::pin(place_order(call)),
    )
    .least(Role::Customer)
    .takes(
        "items",
        Shape::Items("PlaceOrderItemInput", ITEM, MOST_ITEMS),
        "What is bought: from 1 to 100 products, all in one currency.",
    )
    .takes(
        "shippingAddress",
        Shape::Object(ADDRESS),
        "Where the goods go, as a JSON object.",
    )
    .may_take(
        "note",
        Shape::Text,
        "What you want to tell the shop, in at most 2,000 characters.",
    )
    .gives("order", GiftKind::Row("Order"), "The order, to be paid.")
}

/// An item that is asked for.
struct Item {
    product: Uuid,
    quantity: i32,
    path: String,
}

async fn place_order(call: Call) -> Result<Outcome, ApiError> {
    let user = call.identity.requester.user();
    let customer = user.ok_or_else(|| ApiError::internal(&"an order of nobody"))?;
    let (items, mut errors) = read(call.given.items("items"));
    let note = call.text("note").filter(|note| !note.trim().is_empty());
    let is_long = note.is_some_and(|note| note.chars().count() > LONGEST_NOTE);
    if is_long || note.is_some_and(|note| note.contains('\0')) {
        errors.push(wrong(
            "A note has at most 2,000 characters, and none of them is U+0000.",
            &["note"],
        ));
    }
    if !errors.is_empty() {
        return Ok(Outcome::refused_for(errors));
    }
    let db = call.transaction.writing().await?;
    let shelves = stock::lock(db, items.iter().map(|item| item.product)).await?;
    let errors = missing(&items, &shelves);
    if !errors.is_empty() {
        return Ok(Outcome::refused_for(errors));
    }
    let pieces: BTreeMap<Uuid, i32> = items
        .iter()
        .map(|item| (item.product, -item.quantity))
        .collect();
    let mut changes = stock::add(db, &shelves, &pieces, NAME, call.now).await?;

    let id = Uuid::now_v7();
    let mut total_cents = 0;
    let mut rows = Vec::with_capacity(items.len());
    for item in &items {
        let Some(shelf) = shelves.get(&item.product) else {
            continue;
        };
        let line_total_cents = shelf.price_cents * i64::from(item.quantity);
        total_cents += line_total_cents;
        rows.push(order_item::ActiveModel {
            id: Set(Uuid::now_v7()),
            order_id: Set(id),
            product_id: Set(item.product),
            quantity: Set(item.quantity),
            unit_price_cents: Set(shelf.price_cents),
            unit_cost_cents: Set(shelf.cost_cents),
            line_total_cents: Set(line_total_cents),
            created_at: Set(call.now),
            updated_at: Set(call.now),
        });
    }
    let currency = shelves.values().next().map(|shelf| shelf.currency.clone());
    let number = number::new(call.now);
    let address = call.given.object("shippingAddress").cloned();
    changes.extend(told(id, &number, total_cents, &rows));
    let row = order::ActiveModel {
        id: Set(id),
        number: Set(number),
        customer_id: Set(customer),
        status: Set(order::Status::Pending),
        currency: Set(currency.unwrap_or_default()),
        total_cents: Set(total_cents),
        placed_at: Set(call.now),
        shipping_address: Set(entity::json::canonical(
            address.unwrap_or_else(|| json!({})),
        )),
        note: Set(note.map(str::to_owned)),
        version: Set(1),
        created_at: Set(call.now),
        updated_at: Set(call.now),
    };
    let inserted = order::Entity::insert(row).exec_without_returning(db).await;
    if let Err(error) = inserted {
        return Err(match error.sql_err() {
            // Two orders drew the same number.
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => ApiError::contended(&error),
            _ => error.into(),
        });
    }
    order_item::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(Outcome::done().with_row("order", id).with_changes(changes))
}

/// Reads the items, and says what is wrong with them.
fn read(given: &[Arguments]) -> (Vec<Item>, Vec<UserError>) {
    let (mut items, mut errors) = (Vec::<Item>::new(), Vec::new());
    if given.is_empty() {
        let message = "An order has at least one item.";
        return (items, vec![wrong(message, &["items"])]);
    }
    for (place, item) in given.iter().enumerate() {
        let path = place.to_string();
        let quantity = item.int("quantity").unwrap_or_default();
        let product = item.id("product").unwrap_or_default();
        if !(1..=MOST_PIECES).contains(&quantity) {
            let message = "Give a number from 1 to 10000.";
            errors.push(wrong(message, &["items", &path, "quantity"]));
        }
        if items.iter().any(|other| other.product == product) {
            let message = "This product stands in another item. Put all pieces into one.";
            errors.push(wrong(message, &["items", &path, "product"]));
        }
        items.push(Item {
            product,
            quantity: i32::try_from(quantity).unwrap_or_default(),
            path,
        });
    }
    (items, errors)
}

/// What there is not enough of, or what is not sold.
fn missing(items: &[Item], shelves: &BTreeMap<Uuid, Shelf>) -> Vec<UserError> {
    let mut errors = Vec::new();
    let first = items.first().and_then(|item| shelves.get(&item.product));
    let currency = first.map(|shelf| shelf.currency.clone());
    for Item {
        product,
        quantity,
        path,
    } in items
    {
        let here = ["input", "items", path, "product"];
        match shelves.get(product) {
            None => errors.push(UserError::new(
                UserErrorKind::NotFound,
                "There is no such thing, or none that you may see.",
                &here,
            )),
            Some(shelf) if shelf.status != ProductStatus::Active => {
                errors.push(UserError::new(
                    UserErrorKind::Validation,
                    "This product is not on sale.",
                    &here,
                ));
            }
            Some(shelf) if Some(&shelf.currency) != currency.as_ref() => {
                errors.push(UserError::new(
                    UserErrorKind::Validation,
                    "This product has its price in another currency. Order it apart.",
                    &here,
                ));
            }
            Some(shelf) if shelf.stock < *quantity => errors.push(UserError::new(
                UserErrorKind::OutOfStock(shelf.stock),
                format!("There are {} pieces left.", shelf.stock),
                &["input", "items", path, "quantity"],
            )),
            Some(_) => {}
        }
    }
    errors
}

/// What is different now.
fn told(
    id: Uuid,
    number: &str,
    total_cents: i64,
    rows: &[order_item::ActiveModel],
) -> Vec<Changed> {
    let mut fields = Map::new();
    let status = order::Status::Pending.to_value().to_uppercase();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), json!([null, value]));
    set("number", json!(number));
    set("status", json!(status));
    set("totalCents", json!(total_cents));
    let mut changes = vec![Changed::by(
        NAME,
        "Order",
        "order",
        id,
        Kept::Created,
        fields,
    )];
    for row in rows {
        if let Set(key) = row.id {
            changes.push(Changed::by(
                NAME,
                "OrderItem",
                "orderItem",
                key,
                Kept::Created,
                Map::new(),
            ));
        }
    }
    changes
}

fn wrong(message: &str, path: &[&str]) -> UserError {
    let path: Vec<&str> = std::iter::once("input")
        .chain(path.iter().copied())
        .collect();
    UserError::new(UserErrorKind::Validation, message, &path)
}
