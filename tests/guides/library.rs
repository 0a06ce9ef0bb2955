use std::path::Path;

use purser::run::{Database, DatabaseUrl, ReadLimits};
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use crate::program::follow;

#[tokio::test]
async fn a_library_is_served() {
    let server = std::env::var("TEST_POSTGRES_URL");
    let server = server.expect("TEST_POSTGRES_URL is not set; eval \"$(.ci/databases)\" sets it");
    let url: DatabaseUrl = server.parse().unwrap();
    let admin = Database::connect(&url, ReadLimits::of(1)).await.unwrap();
    let name = format!("purser_guide_{}", Uuid::now_v7().simple());
    let create = format!("CREATE DATABASE {name}");
    admin.orm().execute_unprepared(&create).await.unwrap();

    let (server, _) = server.rsplit_once('/').unwrap();
    let own = format!("{server}/{name}");
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
    let settings = [
        ("DATABASE_URL", own.as_str()),
        ("JWT_KEYS", keys.to_str().unwrap()),
    ];
    follow("docs/your-own-tables.md", &settings).await;

    std::fs::remove_dir_all(keys).unwrap();
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    admin.orm().execute_unprepared(&drop).await.unwrap();
    admin.close().await;
}
