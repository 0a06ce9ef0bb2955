//! Rows that the demo shop lacks: what is seldom, and what is in nobody's
//! way to be seen.

use serde_json::{Value, json};
use uuid::Uuid;

use super::rules::Viewer;
use super::shop::{Cell, Record, Shop, id_of};

const TEXTS: [&str; 17] = [
    "",
    " ",
    "a",
    "A",
    "Zebra",
    "zebra",
    "Éclair",
    "éclair",
    "e\u{301}clair",
    "100% cotton_wool \\ 'quoted' \"twice\"",
    "strasse STRASSE",
    "\u{1f44d} thumbs",
    "\u{fffd}\u{ffff}",
    "tab\tand\nline",
    "Ἀθῆναι ΑΘΗΝΑΙ",
    "the steel of steel: steel-lamp",
    "love the steel\u{1f970} lamp",
];

/// Documents with something of every type at the same paths.
fn documents() -> Vec<Value> {
    let mut documents = vec![
        json!({}),
        json!({ "color": null, "weight_g": null, "tags": null }),
        json!({ "color": ["red", "blue"], "weight_g": "500", "tags": {} }),
        json!({ "color": { "name": "red" }, "weight_g": [500], "tags": "new" }),
        json!({ "color": true, "weight_g": false, "tags": 1 }),
        json!({ "dimensions": { "width": 1.5, "height": { "unit": "cm" } }, "ports": [] }),
        json!({ "ports": [{ "kind": "usb", "count": 2 }, { "kind": null }, 7, [true, [false]]] }),
        json!({ "été": "summer", "a b": 1, "A": 2, "a": 3 }),
    ];
    let values = [
        json!(0),
        json!(-1),
        json!(0.1),
        json!(0.5),
        json!(500),
        json!(500.0),
        json!(1e21),
        json!(9_007_199_254_740_991_i64),
        json!(""),
        json!("b"),
        json!("B"),
        json!("é"),
        json!(true),
        json!(false),
        json!(null),
    ];
    documents
        .extend(values.map(|value| json!({ "weight_g": value, "ram_gb": value, "color": value })));
    documents
}

/// The shop with these rows as well.
pub fn with_additions(shop: &Shop, ada: Viewer) -> Shop {
    let tables = shop.tables().map(|table| {
        let rows = table.rows.values();
        match table.name {
            "users" => table.with(rows.enumerate().map(with_password)),
            "categories" => table.with(with_circles(rows.cloned().collect()).chain(chain(shop))),
            "products" => table.with(rows.cloned().chain(products(shop))),
            "reviews" => table.with(rows.cloned().chain(reviews(shop, ada))),
            "order_items" => table.with(rows.cloned().chain(items(shop, ada))),
            "idempotency_keys" => table.with((0..20).map(|place| idempotency_key(shop, place))),
            "outbox" => table.with((0..20).map(|place| event(shop, place))),
            _ => table.clone(),
        }
    });
    Shop::of(tables)
}

fn with_password((place, row): (usize, &Record)) -> Record {
    let mut row = row.clone();
    if place % 3 == 0 {
        row.insert("password_hash", text(format!("$argon2id${place}")));
    }
    row
}

/// Categories that are above each other, one that is above itself, and one
/// below them.
fn with_circles(mut rows: Vec<Record>) -> impl Iterator<Item = Record> {
    let count = rows.len();
    let [one, other, own, below] = [1, 2, 3, 4].map(|back| count - back);
    for (row, parent) in [(one, other), (other, one), (own, own), (below, one)] {
        let parent = rows[parent]["id"].clone();
        rows[row].insert("parent_id", parent);
    }
    rows.into_iter()
}

/// More levels of categories than anybody goes down.
fn chain(shop: &Shop) -> impl Iterator<Item = Record> {
    let first = shop.table("categories").rows.values().next().unwrap();
    (1..70).map(move |level| {
        let parent = if level == 1 {
            id_of(first)
        } else {
            near(first, level - 1)
        };
        let mut row = first.clone();
        row.insert("id", Cell::Id(near(first, level)));
        row.insert("parent_id", Cell::Id(parent));
        row.insert("slug", text(format!("level-{level}")));
        row.insert("name", text(format!("Level {}", level % 7)));
        row
    })
}

/// Products with seldom texts and documents, of every status; and no two of
/// them were made at another time.
fn products(shop: &Shop) -> impl Iterator<Item = Record> {
    let first = shop.table("products").rows.values().next().unwrap();
    let count = documents().len();
    (0..3 * count).map(move |place| {
        let mut row = first.clone();
        let words = TEXTS[place % TEXTS.len()];
        let status = ["active", "active", "draft", "archived"][place % 4];
        row.insert("id", Cell::Id(near(first, place + 1)));
        row.insert("sku", text(format!("ADD-{place}")));
        row.insert("slug", text(format!("added-{place}")));
        row.insert("name", text(words.to_owned()));
        row.insert(
            "description",
            match place % 3 {
                0 => Cell::Null,
                other => text(TEXTS[(place / other) % TEXTS.len()].to_owned()),
            },
        );
        row.insert("status", text(status.to_owned()));
        let document = documents().swap_remove(place % count);
        row.insert("attributes", Cell::Json(entity::json::canonical(document)));
        row
    })
}

/// Reviews that ada wrote of products that are not on sale.
fn reviews(shop: &Shop, ada: Viewer) -> impl Iterator<Item = Record> {
    let first = shop.table("reviews").rows.values().next().unwrap();
    hidden_products(shop)
        .filter(move |product| {
            let mut others = shop.referring("reviews", "product_id", id_of(product));
            others.all(|review| review["author_id"].id() != ada.id)
        })
        .take(10)
        .enumerate()
        .map(move |(place, product)| {
            let mut row = first.clone();
            row.insert("id", Cell::Id(near(first, place + 1)));
            row.insert("product_id", product["id"].clone());
            row.insert("author_id", Cell::Id(ada.id.unwrap()));
            row
        })
}

/// Items of ada's orders that were products which are not on sale.
fn items(shop: &Shop, ada: Viewer) -> impl Iterator<Item = Record> {
    let orders = shop.referring("orders", "customer_id", ada.id.unwrap());
    orders.zip(hidden_products(shop)).map(|(order, product)| {
        let mut items = shop.referring("order_items", "order_id", id_of(order));
        let mut row = items.next().unwrap().clone();
        row.insert("id", Cell::Id(near(&row, 1)));
        row.insert("product_id", product["id"].clone());
        row
    })
}

fn hidden_products(shop: &Shop) -> impl Iterator<Item = &Record> {
    let products = shop.table("products").rows.values();
    products.filter(|product| product["status"].text() != Some("active"))
}

fn idempotency_key(shop: &Shop, place: usize) -> Record {
    let user = shop.table("users").rows.values().next().unwrap();
    Record::from([
        ("id", Cell::Id(near(user, place + 1))),
        ("scope", text("ada".to_owned())),
        ("key", text(format!("key-{place}"))),
        ("request_hash", text(format!("{place:064}"))),
        (
            "response",
            if place.is_multiple_of(2) {
                Cell::Null
            } else {
                text("{}".to_owned())
            },
        ),
        ("expires_at", user["created_at"].clone()),
        ("created_at", user["created_at"].clone()),
        ("updated_at", user["created_at"].clone()),
    ])
}

fn event(shop: &Shop, place: usize) -> Record {
    let user = shop.table("users").rows.values().next().unwrap();
    Record::from([
        ("id", Cell::Id(near(user, place + 1))),
        ("payload", Cell::Json(json!({ "place": place }))),
        (
            "published_at",
            if place.is_multiple_of(2) {
                Cell::Null
            } else {
                user["created_at"].clone()
            },
        ),
        ("created_at", user["created_at"].clone()),
        ("updated_at", user["created_at"].clone()),
    ])
}

fn text(text: String) -> Cell {
    Cell::Text(text)
}

/// An id a little greater than that of a row.
fn near(row: &Record, step: usize) -> Uuid {
    Uuid::from_u128(id_of(row).as_u128() + step as u128)
}
