//! How much a socket may take.

use std::time::Duration;

use purser::http::{LoadLimits, SocketLimits};
use serde_json::json;
use tokio::net::TcpSocket;

use super::{PROTOCOL, Served, Socket, code};
use crate::app::Variant;

#[tokio::test]
async fn no_more_operations_run_at_once_than_may() {
    let served = Served::limited(SocketLimits {
        operations: 2,
        ..SocketLimits::default()
    })
    .await;
    let mut socket = served.socket_of("ada").await;
    let mut other = served.socket_of("ada").await;
    // Nobody else writes meanwhile, so operations wait.
    let writer = served.app.database().begin().await.unwrap();
    let update =
        "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";
    socket.subscribe("1", update).await;
    socket.subscribe("2", update).await;
    socket.subscribe("3", "{ __typename }").await;
    assert_eq!(code(&socket.refusal("3").await), "TOO_MANY_OPERATIONS");
    // Nor does that keep others from asking.
    other.data("1", "{ __typename }").await;
    socket.say(json!({ "id": "2", "type": "complete" })).await;
    socket.data("3", "{ __typename }").await;
    writer.rollback().await.unwrap();
    socket.result("1").await;
}

#[tokio::test]
async fn a_client_that_gives_no_sign_of_life_is_gone() {
    let served = Served::limited(SocketLimits {
        sockets: 1,
        ping: Duration::from_millis(5),
        checks: Duration::from_millis(1),
        ..SocketLimits::default()
    })
    .await;
    let mut silent = served.anonymous().await;
    assert!(silent.is_pinged().await);
    // It does not read any more, so it does not answer.
    served.next_place().await;
}

#[tokio::test]
async fn a_client_that_asks_nothing_is_closed() {
    let served = Served::limited(SocketLimits {
        idle: Duration::from_millis(200),
        checks: Duration::from_millis(1),
        ..SocketLimits::default()
    })
    .await;
    let mut socket = served.anonymous().await;
    let (code, reason) = socket.closed().await;
    assert_eq!(
        (code, reason.starts_with("Nothing was asked")),
        (1001, true)
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let served = Served::limited(SocketLimits {
        sockets: 1,
        sending: Duration::from_millis(50),
        ..SocketLimits::default()
    })
    .await;
    let mut socket = served.anonymous().await;
    let fields: Vec<_> = (0..10)
        .map(|place| {
            format!("a{place}: products(first: 100) {{ nodes {{ name slug description }} }}")
        })
        .collect();
    let operation = json!({
        "id": "1", "type": "subscribe", "payload": { "query": format!("{{ {} }}", fields.join(" ")) },
    });
    // Until what it does not read fills what lies between.
    let asking = async {
        let mut number = 0;
        loop {
            let mut operation = operation.clone();
            operation["id"] = json!(format!("{number}"));
            number += 1;
            if !socket.try_to_say(&operation).await {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(asking, async {
        served.next_place().await;
    });
}

/// What somebody has asked takes no room any more once it is answered, although
/// they do not read that.
#[tokio::test]
async fn values_have_room_until_they_are_answered() {
    let address = "192.0.2.1";
    let served = Served::of(Variant {
        load: LoadLimits {
            body: Duration::from_secs(20),
            ..LoadLimits::default()
        },
        ..Variant::default()
    })
    .await;
    let narrow = TcpSocket::new_v4().unwrap();
    narrow.set_recv_buffer_size(4096).unwrap();
    let stream = narrow.connect(served.address).await.unwrap();
    let headers = [PROTOCOL, ("x-forwarded-for", address)];
    let mut socket = Socket::open_on(stream, &headers).await.unwrap();
    socket.initialise(json!({})).await;
    let fields: Vec<_> = (0..330)
        .map(|place| format!("a{place}: createdAt"))
        .collect();
    // More than lies between a server and a client that does not read.
    let query = format!(
        "{{ products(first: 100) {{ nodes {{ category {{ products(first: 3) {{ nodes {{ {} }} }} }} }} }} }}",
        fields.join(" ")
    );
    // More than half of what one client may have.
    let variables = json!({ "a": vec![0; 25_000] });
    socket
        .subscribe_with("1", json!({ "query": query, "variables": variables }))
        .await;
    socket.is_heard().await;
    let here = served.app.anonymous().from(address);
    here.query_with("{ __typename }", variables).await.data();
    let answer = socket.result("1").await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let length = answer["data"].to_string().len();
    assert!(length > 3_500_000, "{length}");
}
