//! The clients that most front ends use.

use std::process::Command;

use super::sockets::Served;
use crate::node;

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_of_graphql_ws_and_graphql_sse_are_served() {
    let Some(directory) = node::folder("transports", "clients of graphql-ws and graphql-sse")
    else {
        return;
    };
    let served = Served::sqlite().await;
    let url = format!("http://{}/graphql", served.address);
    let clients = tokio::task::spawn_blocking(move || {
        node::run(
            Command::new("node")
                .args(["run.mjs", &url])
                .current_dir(directory),
        )
    });
    let report = clients.await.unwrap();
    assert_eq!(report.lines().count(), 4, "{report}");
}
