//! `SQLite` files that are locked, full, read-only or damaged.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use super::{PRODUCTS, QUESTIONS, Service, WRITE, Who, run};
use crate::app::TestApp;

async fn on_sqlite() -> Service {
    Service::of(TestApp::sqlite().await).await
}

#[tokio::test]
async fn an_sqlite_file_that_somebody_else_writes_to_is_unavailable() {
    let service = on_sqlite().await;
    let other = service.owner.database().begin().await.unwrap();
    let code = service.ask((Who::Staff, WRITE)).await;
    assert_eq!(code.as_deref(), Some("SERVICE_UNAVAILABLE"));
    // Those who read go on.
    service
        .assert_well("locked", (Who::Anonymous, PRODUCTS))
        .await;
    other.rollback().await.unwrap();
    service.assert_well("locked", (Who::Staff, WRITE)).await;
}

#[tokio::test]
async fn an_sqlite_file_that_cannot_grow_or_be_written_to_tells_nothing() {
    let service = on_sqlite().await;
    let write = "mutation { updateProduct(by: { sku: \"ELE-000118\" }, patch: { description: \"LONG\" }) \
                 { product { sku } userErrors { code message } } }";
    let write = write.replace("LONG", &"x".repeat(7000));
    for (breaks, mends) in [
        // No more pages than there are; and not even those.
        (
            "PRAGMA max_page_count = 1",
            "PRAGMA max_page_count = 4294967294",
        ),
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    ] {
        run(&service.node, breaks).await;
        let code = service.ask((Who::Staff, &write)).await;
        assert_eq!(code.as_deref(), Some("INTERNAL_SERVER_ERROR"), "{breaks}");
        service.ask_all_kinds().await;
        service
            .assert_well(breaks, (Who::Anonymous, PRODUCTS))
            .await;
        run(&service.node, mends).await;
        service.assert_well(breaks, (Who::Staff, &write)).await;
    }
}

#[tokio::test]
async fn an_sqlite_file_with_damage_tells_nothing() {
    let service = on_sqlite().await;
    run(&service.owner, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    let path = service.address.strip_prefix("sqlite:").unwrap().to_owned();
    let whole = fs::read(&path).unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // All but what says which tables there are.
    let begin = 64 * 4096;
    file.seek(SeekFrom::Start(begin)).unwrap();
    file.write_all(&vec![0xa5; whole.len() - usize::try_from(begin).unwrap()])
        .unwrap();
    let code = service.ask((Who::Anonymous, PRODUCTS)).await;
    assert_eq!(code.as_deref(), Some("INTERNAL_SERVER_ERROR"));
    for (who, query) in QUESTIONS.iter().filter(|(_, query)| query.starts_with('{')) {
        service.ask((*who, *query)).await;
    }
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&whole).unwrap();
    service
        .assert_well("damaged", (Who::Anonymous, PRODUCTS))
        .await;
}
