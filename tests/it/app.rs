//! The shop under test: a migrated and seeded database behind the router, and
//! actors who send requests to it.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use chrono::Utc;
use entity::user;
use http_body_util::BodyExt as _;
use purser::access::Role;
use purser::app;
use purser::auth::{
    Algorithm, Attempts, Auth, AuthParts, Grant, Issuer, Key, Keyring, PasswordCost, Passwords,
    Requester, SessionSettings, TokenSettings, Tokens,
};
use purser::catalog::Catalog;
use purser::graphql::{Engine, Extensions, Limits, Operations};
use purser::http::{Documents, Door, Load, LoadLimits, Playground, SocketLimits, Sockets, router};
use purser::run::{Database, DatabaseUrl, ReadLimits};
use purser::seed;
use purser::shop::{Reviewers, ShopRules};
use purser::sql::Dialect;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Statement,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;
use uuid::Uuid;

/// A running shop.
pub struct TestApp {
    pub door: Arc<Door>,
    router: axum::Router,
    place: Place,
}

/// Where the database is, so that it can be removed.
enum Place {
    Elsewhere,
    File { _directory: TempDir },
    Server { url: DatabaseUrl, name: String },
}

/// What may be different about a shop.
pub struct Variant {
    pub keys: Keyring,
    pub attempts: Attempts,
    pub cookies: bool,
    pub issuers: Vec<Issuer>,
    pub limits: Limits,
    pub shop: ShopRules,
    pub most_behind: Duration,
    pub load: LoadLimits,
    pub batch: usize,
    pub documents: Documents,
    pub graphiql: Option<Playground>,
    pub max_body_bytes: usize,
    pub sockets: SocketLimits,
}

impl Default for Variant {
    fn default() -> Self {
        let key = Key::ephemeral(Algorithm::EdDsa).unwrap();
        Self {
            keys: Keyring::ephemeral(vec![key]),
            attempts: Attempts::default(),
            cookies: false,
            issuers: Vec::new(),
            limits: Limits::default(),
            shop: ShopRules {
                reviewers: Reviewers::Buyers,
            },
            // Nodes of a test know what they are told.
            most_behind: Duration::from_hours(1),
            load: LoadLimits::default(),
            batch: 0,
            graphiql: None,
            documents: Documents::default(),
            max_body_bytes: 1024 * 1024,
            sockets: SocketLimits::default(),
        }
    }
}

/// How little work a hash may be.
pub const QUICK: PasswordCost = PasswordCost {
    memory: 64,
    passes: 1,
};

/// Tokens that are good for so long.
pub fn settings(lifetime: Duration) -> TokenSettings {
    TokenSettings {
        issuer: "purser".to_owned(),
        audience: "purser".to_owned(),
        lifetime,
    }
}

/// The routes of a shop on a database.
pub async fn router_of(database: Database, variant: Variant) -> axum::Router {
    router(door_of(database, variant).await)
}

async fn door_of(database: Database, variant: Variant) -> Arc<Door> {
    let auth = Arc::new(Auth::new(AuthParts {
        tokens: Tokens::new(variant.keys, settings(Duration::from_hours(1))),
        // What it takes is of no interest here, and there is much of it.
        passwords: Passwords::new(QUICK, 4).unwrap(),
        attempts: variant.attempts,
        sessions: SessionSettings {
            idle: Duration::from_hours(24),
            absolute: Duration::from_hours(72),
            kept: Duration::from_hours(24),
        },
        cookies: variant.cookies,
        issuers: variant.issuers,
        database: database.clone(),
        most_behind: variant.most_behind,
    }));
    auth.catch_up(Utc::now()).await.unwrap();
    let catalog = app::catalog().unwrap();
    let operations =
        Operations::new(catalog, app::extensions(variant.shop), variant.limits).unwrap();
    let engine = Engine::new(operations, database, auth.clone());
    Arc::new(Door {
        engine: engine.explaining_to(Role::Anonymous),
        auth,
        cors_origins: vec!["https://shop.example".parse().unwrap()],
        graphiql: variant.graphiql,
        documents: variant.documents,
        load: Load::new(variant.load),
        max_body_bytes: variant.max_body_bytes,
        batch: variant.batch,
        sockets: Sockets::new(variant.sockets),
        trusted_proxies: 1,
        idempotency_kept: Duration::from_hours(24),
    })
}

/// Someone who sends requests.
pub struct Actor<'a> {
    app: &'a TestApp,
    pub requester: Requester,
    token: Option<String>,
    address: String,
    idempotency_key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl TestApp {
    /// The shop on an `SQLite` file of its own.
    pub async fn sqlite() -> Self {
        Self::sqlite_of(1).await
    }

    async fn sqlite_of(scale: u32) -> Self {
        Self::sqlite_as_of(Variant::default(), scale).await
    }

    /// A shop that is different, on an `SQLite` file of its own.
    pub async fn sqlite_as(variant: Variant) -> Self {
        Self::sqlite_as_of(variant, 1).await
    }

    async fn sqlite_as_of(variant: Variant, scale: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("shop.db"));
        let place = Place::File {
            _directory: directory,
        };
        Self::open(url, place, 4, scale, variant).await
    }

    /// The shop on an `SQLite` file that all tests of the process share, for
    /// tests that only read.
    pub async fn shared() -> &'static TestApp {
        static SHARED: OnceCell<TestApp> = OnceCell::const_new();
        SHARED.get_or_init(TestApp::sqlite).await
    }

    /// The shop on every database that the environment names, `SQLite` first.
    pub async fn on_every_database() -> Vec<Self> {
        Self::on_every_database_of(1).await
    }

    /// The same with a shop of another size.
    pub async fn on_every_database_of(scale: u32) -> Vec<Self> {
        let mut apps = vec![Self::sqlite_of(scale).await];
        for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
            match std::env::var(variable) {
                Ok(url) => apps.push(Self::on_server_of(&url, 4, scale).await),
                Err(_) => not_covered(variable),
            }
        }
        apps
    }

    /// The shop on a database of its own, on a server.
    pub async fn on_server(url: &str, connections: u32) -> Self {
        Self::on_server_of(url, connections, 1).await
    }

    async fn on_server_of(url: &str, connections: u32, scale: u32) -> Self {
        let server: DatabaseUrl = url.parse().unwrap();
        let name = format!("purser_it_{}", Uuid::now_v7().simple());
        let admin = Database::connect(&server, ReadLimits::of(1)).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        admin.orm().execute_unprepared(&create).await.unwrap();
        admin.close().await;
        let place = Place::Server {
            url: server,
            name: name.clone(),
        };
        let url = match url.parse().unwrap() {
            DatabaseUrl::Postgres(options) => {
                DatabaseUrl::Postgres(Box::new(options.database(&name)))
            }
            DatabaseUrl::Mariadb(options) => {
                DatabaseUrl::Mariadb(Box::new(options.database(&name)))
            }
            DatabaseUrl::Sqlite(_) => panic!("{url} is no server"),
        };
        Self::open(url, place, connections, scale, Variant::default()).await
    }

    async fn open(
        url: DatabaseUrl,
        place: Place,
        connections: u32,
        scale: u32,
        variant: Variant,
    ) -> Self {
        let database = Database::connect(&url, ReadLimits::of(connections))
            .await
            .unwrap();
        migration::run(database.orm()).await.unwrap();
        seed::load(database.orm(), scale, false, &|_| {})
            .await
            .unwrap();
        Self::of(database, place, variant).await
    }

    async fn of(database: Database, place: Place, variant: Variant) -> Self {
        let door = door_of(database, variant).await;
        Self {
            router: router(door.clone()),
            door,
            place,
        }
    }

    /// Another node of the same shop, for as long as this one is there.
    pub async fn node(&self, variant: Variant) -> Self {
        let url = self.address().await.parse().unwrap();
        let database = Database::connect(&url, ReadLimits::of(2)).await.unwrap();
        Self::node_on(database, variant).await
    }

    /// Another node, which has its own way to the database of a shop.
    pub async fn node_on(database: Database, variant: Variant) -> Self {
        Self::of(database, Place::Elsewhere, variant).await
    }

    /// An engine over the same database that serves another catalogue, and has
    /// no mutations.
    pub fn engine(&self, catalog: Arc<Catalog>, limits: Limits) -> Engine {
        let operations = Operations::new(catalog, Extensions::default(), limits).unwrap();
        Engine::new(operations, self.database().clone(), self.door.auth.clone())
    }

    pub fn database(&self) -> &Database {
        self.door.engine.database()
    }

    /// The address of the database, of which it tells the name itself.
    pub async fn address(&self) -> String {
        let (question, server) = match self.database().dialect() {
            Dialect::Sqlite => ("SELECT file FROM pragma_database_list", None),
            Dialect::Postgres => ("SELECT current_database()", Some("TEST_POSTGRES_URL")),
            Dialect::Mariadb => ("SELECT DATABASE()", Some("TEST_MARIADB_URL")),
        };
        let orm = self.database().orm();
        let question = Statement::from_string(orm.get_database_backend(), question);
        let row = orm.query_one_raw(question).await.unwrap().unwrap();
        let name: String = row.try_get_by_index(0).unwrap();
        match server {
            None => format!("sqlite:{name}"),
            Some(variable) => {
                let url = std::env::var(variable).unwrap();
                let (server, _) = url.rsplit_once('/').unwrap();
                format!("{server}/{name}")
            }
        }
    }

    /// Removes the database.
    pub async fn remove(self) {
        self.database().close().await;
        if let Place::Server { url, name } = &self.place {
            let admin = Database::connect(url, ReadLimits::of(1)).await.unwrap();
            let drop = format!("DROP DATABASE {name}");
            admin.orm().execute_unprepared(&drop).await.unwrap();
            admin.close().await;
        }
    }

    /// Whoever has a token.
    pub fn bearer(&self, token: &str) -> Actor<'_> {
        Actor {
            app: self,
            requester: Requester::Anonymous,
            token: Some(token.to_owned()),
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// Someone without a token.
    pub fn anonymous(&self) -> Actor<'_> {
        Actor {
            app: self,
            requester: Requester::Anonymous,
            token: None,
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// A customer of the demo shop: `ada` or `alan`.
    pub async fn customer(&self, name: &str) -> Actor<'_> {
        self.user(name, Role::Customer).await
    }

    /// Someone who works in the shop.
    pub async fn staff(&self) -> Actor<'_> {
        self.user("grace", Role::Staff).await
    }

    /// Someone who runs the shop.
    pub async fn admin(&self) -> Actor<'_> {
        self.user("root", Role::Admin).await
    }

    /// The actor of that name in the corpus.
    pub async fn actor(&self, name: &str) -> Actor<'_> {
        match name {
            "anonymous" => self.anonymous(),
            "staff" => self.staff().await,
            "admin" => self.admin().await,
            customer => self.customer(customer).await,
        }
    }

    async fn user(&self, name: &str, role: Role) -> Actor<'_> {
        let user = user::Entity::find()
            .filter(user::Column::Email.eq(format!("{name}@example.com")))
            .one(self.database().orm())
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("the demo shop has no {name}"));
        let token = self.door.auth.tokens.sign(grant(user.id, role), Utc::now());
        let token = token.unwrap();
        Actor {
            app: self,
            requester: Requester::User { id: user.id, role },
            token: Some(token),
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// What answers a request, before its body is read.
    pub async fn respond(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.respond(request).await.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

impl Actor<'_> {
    /// The token, of somebody who has one.
    pub fn token(&self) -> String {
        self.token.clone().unwrap()
    }

    /// The same, seen by the proxy at another address.
    pub fn from(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// The same, who may try a request again.
    pub fn with_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    /// Sends a document without variables.
    pub async fn query(&self, query: &str) -> Reply {
        self.query_with(query, json!({})).await
    }

    /// Sends a document with variables.
    pub async fn query_with(&self, query: &str, variables: Value) -> Reply {
        self.post(json!({ "query": query, "variables": variables }).to_string())
            .await
    }

    /// Sends a body.
    pub async fn post(&self, body: impl Into<Body>) -> Reply {
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .header("x-forwarded-for", &self.address);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.app.send(request.body(body.into()).unwrap()).await
    }
}

impl Reply {
    /// The body as JSON, keys in the order they came in.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> Value {
        let json = self.json();
        assert!(json.get("errors").is_none(), "{json:#}");
        json["data"].clone()
    }

    /// The errors of an answer without data, with the request id, which is
    /// never the same, taken out.
    #[track_caller]
    pub fn errors(&self) -> Vec<Value> {
        let json = self.json();
        assert!(json.get("data").is_none(), "{json:#}");
        without_request_ids(json)["errors"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The code of the first of several errors.
    #[track_caller]
    pub fn code_of_first(&self) -> String {
        self.errors()[0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The code of the only error.
    #[track_caller]
    pub fn code(&self) -> String {
        match self.errors().as_slice() {
            [error] => error["extensions"]["code"].as_str().unwrap().to_owned(),
            errors => panic!("expected one error: {errors:#?}"),
        }
    }
}

/// An address that nobody else has, so that nobody is counted with others.
fn next_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 0)) + number).to_string()
}

/// What a token of the command line grants.
pub fn grant(user: Uuid, role: Role) -> Grant {
    Grant {
        user,
        role,
        session: None,
        epoch: 0,
    }
}

/// Says something that the test runner does not swallow.
pub fn announce(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says that a variable is missing, and with it a part of the tests. Where
/// everything must be covered (`TEST_REQUIRE_ALL`), that is a failure.
pub fn not_covered(variable: &str) {
    assert!(
        std::env::var_os("TEST_REQUIRE_ALL").is_none(),
        "{variable} is not set; eval \"$(.ci/databases)\" sets it"
    );
    announce(&format!("not covered: {variable} is not set"));
}

/// Takes the request ids out of a response.
pub fn without_request_ids(mut response: Value) -> Value {
    let errors = response.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        if let Some(extensions) = error["extensions"].as_object_mut() {
            assert!(extensions.shift_remove("requestId").is_some());
        }
    }
    response
}
