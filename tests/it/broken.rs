//! Databases that break under the service. Whatever is asked then is answered
//! in JSON, by a code that is known, and nothing within is told; and once the
//! database is mended, all is well again.

mod files;
mod logs;
mod servers;
mod tables;
mod told;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use purser::run::{Database, DatabaseUrl, ReadLimits};
use purser::sql::Dialect;
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::app::{Actor, TestApp, Variant};
use super::shop::placing;

/// The password of the service at its server.
const PASSWORD: &str = "s3cretive";

/// Where the rows of a table are meanwhile.
const KEPT: &str = "kept_meanwhile";

/// How long a statement of the service may take.
const PATIENCE: Duration = Duration::from_secs(2);

const PRODUCTS: &str = "{ products(first: 3, orderBy: [{ priceCents: ASC }], filter: { priceCents: { gte: 1 } }) { nodes { \
     name priceCents status attributes category { name } reviews(first: 2) { nodes { rating author { displayName } } } } } }";
const SEARCH: &str = "{ products(search: \"laptop\", first: 3) { nodes { name } totalCount } }";
const MY_ORDERS: &str =
    "{ me { displayName orders(first: 2) { nodes { number note totalCents } } } }";
const WRITE: &str = "mutation { updateProduct(by: { sku: \"ELE-000118\" }, patch: { stock: COUNTED }) { product { sku stock } \
     userErrors { code message } } }";
const LOG_IN: &str = "mutation { logIn(input: { email: \"alan@example.com\", password: \"a wrong password\" }) { accessToken \
     userErrors { code message } } }";

/// What is asked of a broken database besides, and by whom.
const QUESTIONS: &[(Who, &str)] = &[
    (Who::Anonymous, PRODUCTS),
    (Who::Anonymous, SEARCH),
    (
        Who::Anonymous,
        "{ product(by: { sku: \"ELE-000130\" }) { name descriptionLength: description } }",
    ),
    (
        Who::Anonymous,
        "{ categories(first: 2) { nodes { name productAggregate { count priceCents { median } } } } }",
    ),
    (
        Who::Anonymous,
        "{ productGroups(by: [{ status: VALUE }]) { nodes { key { status } count priceCents { sum } } } }",
    ),
    (
        Who::Anonymous,
        "{ node(id: \"product_00000000000000000000000000000000\") { id } }",
    ),
    (Who::Anonymous, LOG_IN),
    (
        Who::Anonymous,
        "mutation { refreshSession(input: { refreshToken: \"none\" }) { accessToken userErrors { code message } } }",
    ),
    (
        Who::Anonymous,
        "mutation { signUp(input: { email: \"not an address\", password: \"correct horse battery\", displayName: \"M\" }) \
         { accessToken userErrors { code message } } }",
    ),
    (Who::Customer, MY_ORDERS),
    (
        Who::Customer,
        "{ me { sessions(first: 2) { nodes { userAgent } } } }",
    ),
    (
        Who::Customer,
        "mutation { createReview(input: { product: { sku: \"ELE-000130\" }, rating: 5 }) { review { rating } userErrors { code message } } }",
    ),
    (Who::Staff, WRITE),
    (
        Who::Staff,
        "mutation { updateProducts(filter: { sku: { eq: \"ELE-000130\" } }, patch: { description: \"New\" }) { count userErrors { code message } } }",
    ),
    (
        Who::Staff,
        "{ orderGroups(by: [{ placedAt: { unit: MONTH } }], first: 2) { nodes { count totalCents { sum } } } }",
    ),
    (
        Who::Staff,
        "mutation { upsertCategory(on: { slug: \"broken\" }, input: { name: \"Broken\" }) { category { name } userErrors { code message } } }",
    ),
    (
        Who::Admin,
        "{ auditEntries(first: 2) { nodes { action requestId } } users(first: 2) { nodes { email role createdAt } } }",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    Customer,
    Staff,
    Admin,
}

/// Something that breaks.
struct Case {
    name: &'static str,
    /// What breaks it.
    breaks: String,
    /// What mends it.
    mends: String,
    /// What fails meanwhile.
    probe: (Who, &'static str),
    /// By which code; none where the database answers all the same.
    code: Option<&'static str>,
}

/// A service on a database of its own, and what can be done to that.
struct Service {
    /// Whoever owns the database.
    owner: TestApp,
    /// The service. At a server it is a user of its own.
    node: TestApp,
    /// How the service reaches it.
    address: String,
    actors: Tokens,
    /// The name of that user.
    account: String,
    /// What is never told.
    secrets: Vec<String>,
}

/// The tokens of those who ask; they cannot be had from a broken database.
struct Tokens {
    customer: String,
    staff: String,
    admin: String,
}

impl Service {
    async fn on_every_database() -> Vec<Self> {
        let mut services = Vec::new();
        for owner in TestApp::on_every_database().await {
            services.push(Self::of(owner).await);
        }
        services
    }

    async fn of(owner: TestApp) -> Self {
        let account = format!("broken_{}", &Uuid::new_v4().simple().to_string()[..12]);
        let address = owner.address().await;
        let grant = match owner.database().dialect() {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => format!(
                "CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}'; \
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {account}; \
                 ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {account}"
            ),
            Dialect::Mariadb => format!(
                "CREATE USER '{account}'@'%' IDENTIFIED BY '{PASSWORD}'; \
                 EXECUTE IMMEDIATE CONCAT('GRANT ALL ON ', DATABASE(), '.* TO ''{account}''@''%''')"
            ),
        };
        run(&owner, &grant).await;
        let place = address.rsplit('/').next().unwrap().to_owned();
        let (mut secrets, address) = (vec![account.clone(), PASSWORD.to_owned(), place], address);
        let address = if owner.database().dialect() == Dialect::Sqlite {
            address
        } else {
            let mut url = reqwest::Url::parse(&address).unwrap();
            secrets.push(url.port().unwrap().to_string());
            url.set_username(&account).unwrap();
            url.set_password(Some(PASSWORD)).unwrap();
            url.into()
        };
        let node = node(&address, 2, PATIENCE).await;
        let token = |actor: Actor<'_>| actor.token();
        let actors = Tokens {
            customer: token(node.customer("ada").await),
            staff: token(node.staff().await),
            admin: token(node.admin().await),
        };
        Self {
            owner,
            node,
            address,
            actors,
            account,
            secrets,
        }
    }

    fn dialect(&self) -> Dialect {
        self.owner.database().dialect()
    }

    fn actor(&self, who: Who) -> Actor<'_> {
        match who {
            Who::Anonymous => self.node.anonymous(),
            Who::Customer => self.node.bearer(&self.actors.customer),
            Who::Staff => self.node.bearer(&self.actors.staff),
            Who::Admin => self.node.bearer(&self.actors.admin),
        }
    }

    /// Asks something, and returns the code of the error, if it is one.
    async fn ask(&self, (who, query): (Who, &str)) -> Option<String> {
        let reply = self.actor(who).query(&counted(query)).await;
        self.check(query, &reply)
    }

    /// Asks all kinds of things.
    async fn ask_all_kinds(&self) {
        for question in QUESTIONS {
            self.ask(*question).await;
        }
        let placed = format!("mutation {{ {} }}", placing(&[("ELE-000130", 1)]));
        self.ask((Who::Customer, &placed)).await;
        let keyed = self
            .actor(Who::Customer)
            .with_key("a key for a broken database");
        self.check(&placed, &keyed.query(&placed).await);
        for path in ["/readyz", "/livez", "/.well-known/jwks.json", "/nowhere"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            self.check(path, &self.node.send(request).await);
        }
    }

    /// Breaks the database, asks, and mends it.
    async fn suffer(&self, case: &Case) {
        let place = format!("{:?}, {}", self.dialect(), case.name);
        self.assert_well(&place, case.probe).await;
        run(&self.owner, &case.breaks).await;
        assert_eq!(self.ask(case.probe).await.as_deref(), case.code, "{place}");
        self.ask_all_kinds().await;
        run(&self.owner, &case.mends).await;
        self.assert_well(&place, case.probe).await;
    }

    async fn assert_well(&self, place: &str, (who, query): (Who, &str)) {
        let reply = self.actor(who).query(&counted(query)).await;
        let answer = reply.json();
        assert!(
            answer.get("errors").is_none(),
            "{place} is not mended: {answer:#}"
        );
    }

    /// Ends every connection of the service.
    async fn hang_up(&self) {
        let account = &self.account;
        let sql = match self.dialect() {
            Dialect::Sqlite => return,
            Dialect::Postgres => format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{account}'"
            ),
            Dialect::Mariadb => format!("KILL CONNECTION USER {account}"),
        };
        run(&self.owner, &sql).await;
        // The server takes a moment for it.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    async fn remove(self) {
        self.node.database().close().await;
        let account = &self.account;
        let sql = match self.dialect() {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => format!("DROP OWNED BY {account}; DROP ROLE {account}"),
            Dialect::Mariadb => format!("DROP USER '{account}'@'%'"),
        };
        run(&self.owner, &sql).await;
        self.owner.remove().await;
    }
}

/// A node of a shop, which has so many connections to read by.
async fn node(address: &str, connections: u32, patience: Duration) -> TestApp {
    let limits = ReadLimits {
        statement: patience,
        writing: Some(patience),
        ..ReadLimits::of(connections)
    };
    let url: DatabaseUrl = address.parse().unwrap();
    let database = Database::connect(&url, limits).await.unwrap();
    TestApp::node_on(database, Variant::default()).await
}

/// A document that asks for another number than the last one, so that there is
/// something to be changed.
fn counted(query: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(100);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    query.replace("COUNTED", &number.to_string())
}

/// Runs statements on one connection.
async fn run(app: &TestApp, sql: &str) {
    if !sql.is_empty() {
        let done = app.database().orm().execute_unprepared(sql).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}
