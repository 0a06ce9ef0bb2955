//! The audits of the GraphQL-over-HTTP working group.

use std::process::Command;

use purser::http::router;
use tokio::net::TcpListener;

use crate::app::TestApp;
use crate::node;

#[tokio::test]
async fn the_server_passes_every_audit_of_graphql_http() {
    let Some(directory) = node::folder("graphql-http", "the audits of graphql-http") else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let door = TestApp::shared().await.door.clone();
    let server = tokio::spawn(async { axum::serve(listener, router(door)).await });
    let audits = tokio::task::spawn_blocking(move || {
        node::run(
            Command::new("node")
                .args(["run.mjs", &url])
                .current_dir(directory),
        )
    });
    let report = audits.await.unwrap();
    server.abort();
    assert!(report.ends_with("61 of 61 audits passed\n"), "{report}");
}
