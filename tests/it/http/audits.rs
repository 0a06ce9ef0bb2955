//! The audits of the GraphQL-over-HTTP working group.

use std::path::Path;
use std::process::Command;

use purser::http::router;
use tokio::net::TcpListener;

use crate::app::TestApp;

#[tokio::test]
async fn the_server_passes_every_audit_of_graphql_http() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/graphql-http");
    if std::env::var("TEST_NODE").as_deref() == Ok("off") {
        crate::app::announce("not covered: the audits of graphql-http, for TEST_NODE is off");
        return;
    }
    if !Path::new(directory).join("node_modules").exists() {
        run(Command::new("npm").arg("ci").current_dir(directory));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let door = TestApp::shared().await.door.clone();
    let server = tokio::spawn(async { axum::serve(listener, router(door)).await });
    let audits = tokio::task::spawn_blocking(move || {
        run(Command::new("node")
            .args(["run.mjs", &url])
            .current_dir(directory))
    });
    let report = audits.await.unwrap();
    server.abort();
    assert!(report.ends_with("61 of 61 audits passed\n"), "{report}");
}

/// Runs a command to its end; what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Install Node.js 20 or later with npm, or set TEST_NODE=off to go \
             without the audits of graphql-http.",
            command.get_program().display()
        )
    });
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}:\n{printed}{complaint}"
    );
    printed
}
