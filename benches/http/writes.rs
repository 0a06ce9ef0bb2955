//! What it costs to write: a review, and an order of three products.

use entity::{order, order_item, product, review, user};
use purser::run::{Database, ReadLimits};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    Set,
};
use serde_json::json;
use uuid::Uuid;

use crate::load::{self, Target};
use crate::process::Server;
use crate::setting;
use crate::shop::{Query, Shop};

/// How many rows are written each time.
const ROWS: usize = 3_000;

/// What is written.
#[derive(Clone, Copy)]
pub enum Write {
    Review,
    Order,
}

impl Write {
    pub const ALL: [Write; 2] = [Write::Review, Write::Order];

    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "createReview",
            Self::Order => "placeOrder of 3 items",
        }
    }
}

/// Measures both servers in turns, each time over the same rows.
pub async fn measure(shop: &Shop, write: Write) {
    let url = shop.url.parse().expect("an address");
    let database = Database::connect(&url, ReadLimits::of(1))
        .await
        .expect("a database");
    let customer = prepare(&database, shop).await;
    let kinds = ["hand", "purser"];
    let mut rates = [Vec::new(), Vec::new()];
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..setting("BENCH_ROUNDS", 7) {
        let servers = kinds.map(|kind| Server::start(kind, &shop.url));
        for turn in 0..2 {
            let place = usize::try_from((round + turn) % 2).unwrap_or_default();
            forget(&database, customer).await;
            let requests = requests(shop, write, kinds[place]);
            let token = Some(servers[place].customer.as_str());
            let (warm_up, rest) = requests.split_at(requests.len() / 10);
            // Whatever is prepared for the first time is prepared then.
            let warm_up = Target::with(&servers[place], Query::Product, warm_up.to_vec(), token);
            warm_up.run_through().await;
            let target = Target::with(&servers[place], Query::Product, rest.to_vec(), token);
            let run = target.run_through().await;
            rates[place].push(run.per_second);
            costs[place].push(run.cpu_microseconds);
        }
    }
    let [hand_rate, purser_rate] = rates.map(load::median);
    let [hand_cost, purser_cost] = costs.map(load::median);
    println!(
        "{:<11} {:<44} ratio {:.2}   hand {hand_rate:.0}/s {hand_cost:.0} µs cpu   purser \
         {purser_rate:.0}/s {purser_cost:.0} µs cpu",
        shop.name,
        write.name(),
        purser_rate / hand_rate,
    );
    database.close().await;
}

/// Gives a customer an order of everything, and the shop enough of it.
async fn prepare(database: &Database, shop: &Shop) -> Uuid {
    let db = database.orm();
    product::Entity::update_many()
        .col_expr(product::Column::Stock, Expr::value(1_000_000_000))
        .exec(db)
        .await
        .expect("a stock");
    // Whose token the servers tell first.
    let customer = user::Entity::find()
        .filter(user::Column::Role.eq(user::Role::Customer))
        .order_by_asc(user::Column::Id)
        .one(db)
        .await
        .expect("customers")
        .expect("a customer");
    let now = chrono::Utc::now();
    let id = Uuid::now_v7();
    let bought = order::ActiveModel {
        id: Set(id),
        number: Set(format!("B-{}", &id.simple().to_string()[8..32])),
        customer_id: Set(customer.id),
        status: Set(order::Status::Delivered),
        currency: Set("EUR".to_owned()),
        total_cents: Set(0),
        placed_at: Set(now),
        shipping_address: Set(json!({})),
        note: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    bought.insert(db).await.expect("an order");
    for products in shop.products.chunks(500) {
        let items = products.iter().map(|product| order_item::ActiveModel {
            id: Set(Uuid::now_v7()),
            order_id: Set(id),
            product_id: Set(product.id),
            quantity: Set(1),
            unit_price_cents: Set(0),
            unit_cost_cents: Set(0),
            line_total_cents: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
        });
        order_item::Entity::insert_many(items)
            .exec_without_returning(db)
            .await
            .expect("items");
    }
    customer.id
}

/// Deletes what a customer has reviewed.
async fn forget(database: &Database, customer: Uuid) {
    review::Entity::delete_many()
        .filter(review::Column::AuthorId.eq(customer))
        .exec(database.orm())
        .await
        .expect("no reviews");
}

const REVIEW: &str = "mutation Review($product: ID!, $rating: Int!, $title: String) { \
    createReview(input: { product: { id: $product }, rating: $rating, title: $title }) { \
    review { id rating title product { id name } author { id displayName } } \
    userErrors { code message path } } }";

const ORDER: &str = "mutation Order($items: [PlaceOrderItemInput!]!, $address: JSON!) { \
    placeOrder(input: { items: $items, shippingAddress: $address }) { \
    order { id number status totalCents items { nodes { quantity lineTotalCents \
    product { id name } } } } userErrors { code message path } } }";

/// Paths and bodies for a kind of server.
fn requests(shop: &Shop, write: Write, kind: &str) -> Vec<(String, String)> {
    let id = |product: &product::Model| format!("product_{}", product.id.simple());
    let address = json!({ "city": "London", "street": "12 St James's Square" });
    match write {
        Write::Review => {
            let products = shop.products.iter().take(ROWS);
            let requests = products.map(|product| {
                if kind == "hand" {
                    let body = json!({ "product": product.id, "rating": 4, "title": "Fine" });
                    return ("/review".to_owned(), body.to_string());
                }
                let variables = json!({ "product": id(product), "rating": 4, "title": "Fine" });
                let body = json!({ "query": REVIEW, "variables": variables });
                ("/graphql".to_owned(), body.to_string())
            });
            requests.collect()
        }
        Write::Order => {
            let euros: Vec<_> = shop
                .products
                .iter()
                .filter(|product| product.currency == "EUR")
                .collect();
            let three = euros.chunks_exact(3).cycle().take(ROWS);
            let requests = three.map(|three| {
                if kind == "hand" {
                    let items: Vec<_> = three
                        .iter()
                        .map(|product| json!({ "product": product.id, "quantity": 2 }))
                        .collect();
                    let body = json!({ "items": items, "address": address });
                    return ("/order".to_owned(), body.to_string());
                }
                let items: Vec<_> = three
                    .iter()
                    .map(|product| json!({ "product": { "id": id(product) }, "quantity": 2 }))
                    .collect();
                let variables = json!({ "items": items, "address": address });
                let body = json!({ "query": ORDER, "variables": variables });
                ("/graphql".to_owned(), body.to_string())
            });
            requests.collect()
        }
    }
}
