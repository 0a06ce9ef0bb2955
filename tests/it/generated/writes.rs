//! Mutations for the tests of interference: about rows of both shops, whether
//! or not the caller sees them. They are sent as previews, so that the shops
//! stay as they are, and ask for nothing that is new each time, such as the id
//! of a row that was made.

use serde_json::{Map, Value};

use super::operations::Operation;
use super::random::Random;
use super::servers::Caller;
use super::shop::{Cell, Record, Shop, id_of};

/// What mutations can be about.
pub struct Writes {
    caller: Caller,
    seed: u64,
    products: Vec<(String, String, String)>,
    categories: Vec<String>,
    reviews: Vec<String>,
    orders: Vec<(String, String)>,
    users: Vec<String>,
}

const ERRORS: &str = "userErrors { __typename code path message ... on StaleVersionError { \
    currentVersion } ... on TooManyRowsError { matches } ... on OutOfStockError { available } \
    ... on InvalidTransitionError { currentStatus } }";

impl Writes {
    /// What is in one of the shops or in both.
    pub fn of(shops: [&Shop; 2], caller: Caller, seed: u64) -> Self {
        let all = |table: &str| -> Vec<Record> {
            let rows = shops
                .iter()
                .flat_map(|shop| shop.table(table).rows.values());
            rows.cloned().collect()
        };
        let text = |row: &Record, column: &str| match &row[column] {
            Cell::Text(text) => text.clone(),
            other => panic!("{column} is {other:?}"),
        };
        let id = |prefix: &str, row: &Record| format!("{prefix}_{}", id_of(row).simple());
        let products = all("products");
        Self {
            caller,
            seed,
            products: products
                .iter()
                .map(|row| (id("product", row), text(row, "sku"), text(row, "slug")))
                .collect(),
            categories: all("categories")
                .iter()
                .map(|row| text(row, "slug"))
                .collect(),
            reviews: all("reviews").iter().map(|row| id("review", row)).collect(),
            orders: all("orders")
                .iter()
                .map(|row| (id("order", row), text(row, "number")))
                .collect(),
            users: all("users").iter().map(|row| id("user", row)).collect(),
        }
    }

    /// One of them, as a preview that tells its cost.
    pub fn operation(&self, number: u64) -> Operation {
        let purpose = format!("writes {}", self.caller.name());
        let mut random = Random::new(self.seed, &purpose, number);
        let count = if random.percent(80) { 1 } else { 2 };
        let fields: Vec<_> = (0..count)
            .map(|place| format!("a{place}: {}", self.field(&mut random)))
            .collect();
        let mut operation =
            Operation::new(format!("mutation {{ {} }}", fields.join(" ")), Map::new());
        for name in ["preview", "cost"] {
            let asked = Value::Bool(true);
            operation.extensions.insert(name.to_owned(), asked);
        }
        operation
    }

    fn field(&self, random: &mut Random) -> String {
        let kinds = match self.caller {
            // To them there is nothing that can be changed.
            Caller::Anonymous => 0,
            Caller::Ada => 9,
            Caller::Staff => 16,
            Caller::Admin => 18,
        };
        let review = "review { rating title version product { sku } author { displayName } }";
        let at_most = *random.pick(&[1, 2, 100]);
        let number = random.between(1, 5);
        match random.below(kinds) {
            0 if kinds == 0 => {
                let user = random.pick(&self.users);
                format!("setUserRole(input: {{user: {user:?}, role: ADMIN}}) {{ {ERRORS} }}")
            }
            0 => format!(
                "createReview(input: {{product: {}, rating: {number}}}) {{ {review} {ERRORS} }}",
                self.product(random)
            ),
            1 => format!(
                "upsertReview(on: PRODUCT_AUTHOR, input: {{product: {}, rating: {number}}}) {{ \
                 created {review} {ERRORS} }}",
                self.product(random)
            ),
            2 => format!(
                "updateReview(by: {{id: {:?}}}, patch: {{rating: {number}}}, ifVersion: {number}) \
                 {{ {review} {ERRORS} }}",
                random.pick(&self.reviews)
            ),
            3 => format!(
                "deleteReview(by: {{id: {:?}}}) {{ {review} {ERRORS} }}",
                random.pick(&self.reviews)
            ),
            4 => format!(
                "updateReviews(filter: {{product: {{sku: {{eq: {:?}}}}}}}, patch: {{title: \"T\"}}, \
                 atMost: {at_most}) {{ count reviews {{ rating }} {ERRORS} }}",
                random.pick(&self.products).1
            ),
            5 => format!(
                "deleteReviews(filter: {{rating: {{lte: {number}}}}}, atMost: {at_most}) {{ count \
                 reviews {{ rating }} {ERRORS} }}"
            ),
            6 | 7 => {
                let items: Vec<_> = (0..random.between(1, 3))
                    .map(|_| {
                        let quantity = random.between(1, 40);
                        format!(
                            "{{product: {}, quantity: {quantity}}}",
                            self.product(random)
                        )
                    })
                    .collect();
                format!(
                    "placeOrder(input: {{items: [{}], shippingAddress: {{}}}}) {{ order {{ status \
                     totalCents items(orderBy: [{{product: {{sku: ASC}}}}]) {{ nodes {{ quantity \
                     product {{ sku stock }} }} }} }} {ERRORS} }}",
                    items.join(", ")
                )
            }
            8 => format!(
                "{}(input: {{order: {}, ifVersion: {number}}}) {{ order {{ status version }} {ERRORS} }}",
                random.pick(&["payOrder", "cancelOrder"]),
                self.order(random)
            ),
            kind => self.field_of_staff(random, kind),
        }
    }

    fn field_of_staff(&self, random: &mut Random, kind: usize) -> String {
        let shown = "product { sku name stock status version category { slug } }";
        let at_most = *random.pick(&[1, 2, 100]);
        let number = random.between(1, 5);
        match kind {
            9 | 10 => format!(
                "updateProduct(by: {}, patch: {{stock: {number}, sku: {:?}}}) {{ {shown} {ERRORS} }}",
                self.product(random),
                random.pick(&self.products).1
            ),
            11 => format!(
                "createProduct(input: {{sku: {:?}, slug: {:?}, name: \"N\", priceCents: 1, \
                 costCents: 1, currency: \"EUR\", category: {{slug: {:?}}}}}) {{ {shown} {ERRORS} }}",
                random.pick(&self.products).1,
                random.pick(&self.products).2,
                random.pick(&self.categories)
            ),
            12 => format!(
                "upsertProduct(on: SKU, input: {{sku: {:?}, slug: {:?}, name: \"N\", priceCents: 1, \
                 costCents: 1, currency: \"EUR\", category: {{slug: {:?}}}}}) {{ created {shown} {ERRORS} }}",
                random.pick(&self.products).1,
                random.pick(&self.products).2,
                random.pick(&self.categories)
            ),
            13 => format!(
                "updateProducts(filter: {{stock: {{lt: {number}}}}}, patch: {{stock: 9}}, \
                 atMost: {at_most}) {{ count products {{ sku }} {ERRORS} }}"
            ),
            14 => format!(
                "updateCategory(by: {{slug: {:?}}}, patch: {{parent: {{slug: {:?}}}}}) {{ category {{ \
                 slug parent {{ slug }} }} {ERRORS} }}",
                random.pick(&self.categories),
                random.pick(&self.categories)
            ),
            15 => format!(
                "{}(input: {{order: {}}}) {{ order {{ status version }} {ERRORS} }}",
                random.pick(&["shipOrder", "deliverOrder", "refundOrder"]),
                self.order(random)
            ),
            16 => format!(
                "deleteProduct(by: {}) {{ {shown} {ERRORS} }}",
                self.product(random)
            ),
            _ => format!(
                "deleteCategory(by: {{slug: {:?}}}) {{ category {{ slug }} {ERRORS} }}",
                random.pick(&self.categories)
            ),
        }
    }

    fn product(&self, random: &mut Random) -> String {
        let (id, sku, slug) = random.pick(&self.products);
        match random.below(3) {
            0 => format!("{{id: {id:?}}}"),
            1 => format!("{{sku: {sku:?}}}"),
            _ => format!("{{slug: {slug:?}}}"),
        }
    }

    fn order(&self, random: &mut Random) -> String {
        let (id, number) = random.pick(&self.orders);
        match random.below(2) {
            0 => format!("{{id: {id:?}}}"),
            _ => format!("{{number: {number:?}}}"),
        }
    }
}
