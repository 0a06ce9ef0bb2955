//! The data, and the requests over it.

use entity::product;
use purser::access::Role;
use purser::auth::Requester;
use purser::run::{Database, DatabaseUrl, ReadLimits};
use purser::seed;
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use serde_json::json;
use uuid::Uuid;

/// How many different rows and pages are asked for.
const VARIETY: usize = 200;
/// The least revenue of a group, in hundredths.
const LEAST: i64 = 10_000;

/// A database with the demo shop.
pub struct Shop {
    pub name: &'static str,
    pub url: String,
    server: Option<(String, String)>,
    pub products: Vec<product::Model>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub enum Query {
    Product,
    Products,
    Revenue,
    RevenueOfEach,
}

impl Query {
    pub const ALL: [Query; 4] = [
        Query::Product,
        Query::Products,
        Query::Revenue,
        Query::RevenueOfEach,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product by id with category",
            Self::Products => "20 products, category, 3 reviews, authors",
            Self::Revenue => "revenue by month and category",
            Self::RevenueOfEach => "20 products, revenue by month",
        }
    }

    /// Whether only staff may ask it.
    pub fn needs_token(self) -> bool {
        matches!(self, Self::Revenue | Self::RevenueOfEach)
    }

    /// Whether a table is read from end to end.
    pub fn is_over_every_row(self) -> bool {
        matches!(self, Self::Revenue)
    }

    fn document(self) -> &'static str {
        match self {
            Self::Product => {
                "query Product($id: ID!) { product(by: { id: $id }) { id sku name priceCents \
                 currency stock status createdAt category { id name slug } } }"
            }
            Self::Products => {
                "query Products($after: String) { products(first: 20, after: $after, \
                 orderBy: [{ createdAt: ASC }]) { nodes { id name priceCents createdAt \
                 category { id name } reviews(first: 3) { nodes { id rating title \
                 author { id displayName } } } } } }"
            }
            Self::Revenue => {
                "query Revenue($least: BigInt!) { orderItemGroups(first: 50, \
                 by: [{ order: { placedAt: { unit: MONTH } } }, \
                 { product: { category: { slug: VALUE } } }], \
                 having: { lineTotalCents: { sum: { gte: $least } } }, \
                 orderBy: [{ lineTotalCents: { sum: DESC } }]) { nodes { \
                 key { order { placedAt { start } } product { category { slug } } } \
                 count lineTotalCents { sum } } } }"
            }
            Self::RevenueOfEach => {
                "query RevenueOfEach($after: String, $least: BigInt!) { products(first: 20, \
                 after: $after, orderBy: [{ createdAt: ASC }]) { nodes { id name \
                 orderItemGroups(first: 6, by: [{ order: { placedAt: { unit: MONTH } } }], \
                 having: { lineTotalCents: { sum: { gte: $least } } }, \
                 orderBy: [{ lineTotalCents: { sum: DESC } }]) { nodes { \
                 key { order { placedAt { start } } } count lineTotalCents { sum } } } } } }"
            }
        }
    }
}

impl Shop {
    /// Makes the shop in a database.
    pub async fn make(url: &str, scale: u32) -> Self {
        let address: DatabaseUrl = url.parse().expect("an address");
        let database = Database::connect(&address, ReadLimits::of(2))
            .await
            .expect("a database");
        migration::run(database.orm()).await.expect("tables");
        seed::load(database.orm(), scale, false, &|_| {})
            .await
            .expect("a shop");
        let products = product::Entity::find()
            .filter(product::Column::Status.eq(product::Status::Active))
            .order_by_asc(product::Column::CreatedAt)
            .order_by_asc(product::Column::Id)
            .all(database.orm())
            .await
            .expect("products");
        let name = match address {
            DatabaseUrl::Sqlite(_) => "SQLite",
            DatabaseUrl::Postgres(_) => "PostgreSQL",
            DatabaseUrl::Mariadb(_) => "MariaDB",
        };
        database.close().await;
        Self {
            name,
            url: url.to_owned(),
            server: None,
            products,
        }
    }

    /// Makes the shop in a database of its own on a server.
    pub async fn make_on_server(url: &str, scale: u32) -> Self {
        let name = format!("purser_bench_{}", std::process::id());
        execute(url, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = url.rsplit_once('/').expect("an address with a database");
        let mut shop = Self::make(&format!("{server}/{name}"), scale).await;
        shop.server = Some((url.to_owned(), name));
        shop
    }

    pub async fn remove(self) {
        if let Some((url, name)) = self.server {
            execute(&url, &format!("DROP DATABASE {name}")).await;
        }
    }

    /// Paths and bodies for a kind of server, of those who may ask it.
    pub fn requests(&self, query: Query, kind: &str) -> Vec<(String, String)> {
        let requester = if query.needs_token() {
            Requester::User {
                id: Uuid::nil(),
                role: Role::Staff,
            }
        } else {
            Requester::Anonymous
        };
        self.requests_of(query, kind, requester)
    }

    /// The same of a requester, whom cursors are bound to.
    pub fn requests_of(
        &self,
        query: Query,
        kind: &str,
        requester: Requester,
    ) -> Vec<(String, String)> {
        if query.is_over_every_row() {
            return (1..=3)
                .map(|part| Self::revenue(kind, part * LEAST))
                .collect();
        }
        let step = (self.products.len() - 50) / VARIETY;
        self.products
            .iter()
            .step_by(step.max(1))
            .take(VARIETY)
            .map(|product| match (kind, query) {
                ("hand", Query::Product) => {
                    let body = json!({ "id": product.id });
                    ("/product".to_owned(), body.to_string())
                }
                ("hand", Query::Products) => {
                    let body = json!({ "createdAt": product.created_at, "id": product.id });
                    ("/products".to_owned(), body.to_string())
                }
                ("hand", _) => {
                    let body = json!({
                        "createdAt": product.created_at, "id": product.id, "least": LEAST
                    });
                    ("/products/revenue".to_owned(), body.to_string())
                }
                (_, query) => {
                    let variables = match query {
                        Query::Product => {
                            json!({ "id": format!("product_{}", product.id.simple()) })
                        }
                        Query::Products => {
                            json!({ "after": Self::cursor(product, requester) })
                        }
                        _ => {
                            json!({ "after": Self::cursor(product, requester), "least": LEAST })
                        }
                    };
                    let body = json!({ "query": query.document(), "variables": variables });
                    ("/graphql".to_owned(), body.to_string())
                }
            })
            .collect()
    }

    fn revenue(kind: &str, least: i64) -> (String, String) {
        let variables = json!({ "least": least });
        if kind == "hand" {
            return ("/revenue".to_owned(), variables.to_string());
        }
        let body = json!({ "query": Query::Revenue.document(), "variables": variables });
        ("/graphql".to_owned(), body.to_string())
    }

    /// The position of a product in the list, as the API would print it.
    fn cursor(product: &product::Model, requester: Requester) -> String {
        use purser::plan::{Cursor, Direction, Fingerprint, Nulls, OrderTerm, Planner, Value};
        let catalog = purser::app::catalog().expect("a catalogue");
        let entity = catalog.by_name("Product").expect("products");
        let mut planner = Planner::new(&catalog, requester);
        let source = planner.source(entity);
        let created_at = entity.field("createdAt").expect("a field");
        let order =
            [planner.scalar(&source, created_at), planner.key(&source)].map(|scalar| OrderTerm {
                scalar,
                direction: Direction::Ascending,
                nulls: Nulls::Last,
            });
        let values = [Value::DateTime(product.created_at), Value::Uuid(product.id)];
        let cursor = Cursor {
            values: values.into_iter().map(Some).collect(),
        };
        let fingerprint = Fingerprint::new(entity, &order, requester.role());
        cursor.print(fingerprint, &order)
    }
}

async fn execute(url: &str, sql: &str) {
    let address: DatabaseUrl = url.parse().expect("an address");
    let database = Database::connect(&address, ReadLimits::of(1))
        .await
        .expect("a server");
    database.orm().execute_unprepared(sql).await.expect(sql);
    database.close().await;
}

/// The stored text of an active product.
pub fn active() -> String {
    product::Status::Active.to_value()
}
