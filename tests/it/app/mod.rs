//! The shop under test: a migrated and seeded database behind the router, and
//! actors who send requests to it.

mod actor;
mod coverage;
mod variant;

use std::sync::Arc;

use purser::auth::Identity;
use purser::catalog::Catalog;
use purser::graphql::{Engine, Explained, Extensions, GraphqlRequest, Limits, Operations, Outlook};
use purser::http::{Door, router};
use purser::run::{Database, DatabaseUrl, ReadLimits};
use purser::seed;
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

pub use actor::{Actor, Reply, grant, without_request_ids};
pub use coverage::{announce, not_covered};
use variant::door_of;
pub use variant::{QUICK, Variant, router_of, settings};

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
}

/// What an engine answers whoever has not signed in, without any error.
pub async fn answer(engine: &Engine, query: &str) -> Value {
    let request = GraphqlRequest {
        query,
        ..GraphqlRequest::default()
    };
    let client = Arc::default();
    let answer = engine.answer(request, Identity::ANONYMOUS, &client).await;
    let errors: Vec<_> = answer.errors.iter().map(|one| one.to_json(None)).collect();
    assert!(errors.is_empty(), "{query}: {errors:#?}");
    serde_json::from_slice(&answer.data.unwrap()).unwrap()
}

/// Those root fields for which rows are read.
pub fn read(fields: Vec<Outlook>) -> Vec<Explained> {
    let fields = fields.into_iter().filter_map(|field| match field {
        Outlook::Read(explained) => Some(explained),
        Outlook::Change { .. } | Outlook::Schema { .. } => None,
    });
    fields.collect()
}
