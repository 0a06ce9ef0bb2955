//! The end of the server.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use purser::app;
use purser::config::{Config, Sources};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{PROTOCOL, Socket, bearer, code};
use crate::app::TestApp;

#[tokio::test]
async fn sockets_are_closed_once_what_they_run_is_answered() {
    let shop = TestApp::sqlite().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Much longer than the test may take.
    let environment = BTreeMap::from([("SHUTDOWN_SECONDS".to_owned(), "3600".to_owned())]);
    let sources = Sources {
        environment,
        ..Sources::default()
    };
    let config = Config::read(&sources, true).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let door = shop.door.clone();
    let serving = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        app::serve(&config, listener, door, stopped).await
    });
    let token = shop.customer("ada").await.token();
    let open = async || {
        let mut socket = Socket::open(address, &[PROTOCOL]).await.unwrap();
        socket.initialise(bearer(&token)).await;
        socket
    };
    let (mut busy, mut idle) = (open().await, open().await);
    let mut silent = Socket::open(address, &[PROTOCOL]).await.unwrap();
    // Nobody else writes meanwhile, so the operation waits.
    let writer = shop.database().begin().await.unwrap();
    let update = "mutation { updateProfile(input: { displayName: \"Ada L.\" }) \
                  { user { displayName } } }";
    busy.subscribe("1", update).await;
    busy.is_heard().await;
    stop.send(()).unwrap();
    assert_eq!(idle.closed().await.0, 1001);
    assert_eq!(silent.closed().await.0, 1001);
    // It takes no more operations, and ends the one that runs.
    busy.subscribe("2", "{ __typename }").await;
    assert_eq!(code(&busy.refusal("2").await), "SERVICE_UNAVAILABLE");
    assert!(!serving.is_finished());
    writer.rollback().await.unwrap();
    let result = busy.result("1").await;
    assert_eq!(
        result["data"]["updateProfile"]["user"],
        json!({ "displayName": "Ada L." })
    );
    assert_eq!(busy.closed().await.0, 1001);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_socket_that_does_not_end_is_not_waited_for_longer_than_may_be() {
    let shop = TestApp::sqlite().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let environment = BTreeMap::from([("SHUTDOWN_SECONDS".to_owned(), "0".to_owned())]);
    let sources = Sources {
        environment,
        ..Sources::default()
    };
    let config = Config::read(&sources, true).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let door = shop.door.clone();
    let serving = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        app::serve(&config, listener, door, stopped).await
    });
    let token = shop.customer("ada").await.token();
    let mut busy = Socket::open(address, &[PROTOCOL]).await.unwrap();
    busy.initialise(bearer(&token)).await;
    let _writer = shop.database().begin().await.unwrap();
    let update =
        "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";
    busy.subscribe("1", update).await;
    busy.is_heard().await;
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn no_socket_is_opened_any_more() {
    let served = super::Served::sqlite().await;
    served.app.door.sockets.stop();
    let refused = Socket::open(served.address, &[PROTOCOL]).await;
    assert_eq!(refused.err().unwrap().0, StatusCode::SERVICE_UNAVAILABLE);
    served.app.door.sockets.closed().await;
}
