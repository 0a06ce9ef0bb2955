//! Mutations that are refused, and say so at length, while why is recorded.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::numbered;
use crate::app::announce;
use crate::generated::client::receive;
use crate::generated::servers::{Caller, Server};

/// How many are sent.
const COUNT: usize = 120;
/// How many clients send them.
const CLIENTS: usize = 8;

/// Each wants to record that somebody failed to sign in, which another keeps it
/// from for a while, and tells a hundred mistakes under 150 keys.
pub async fn waiting(server: &Server) {
    let writer = server.app.database().begin().await.unwrap();
    // Which nobody else does until that is over.
    let writes = "UPDATE users SET version = version WHERE 0 = 1";
    writer.execute_unprepared(writes).await.unwrap();
    let token = server.token(Caller::Ada).unwrap();
    let keys = numbered(150, &format!("k{}#: message ", "x".repeat(120)));
    let review = json!({ "product": { "id": "x" }, "rating": 9, "title": "", "body": "" });
    let begun = Instant::now();
    let sending = (0..COUNT).map(async |place| {
        let mutation = format!(
            "mutation($r: [CreateReviewInput!]!) {{ a: logIn(input: {{ email: \"n{place}@example.com\", \
             password: \"not this one\" }}) {{ userErrors {{ code }} }} \
             b: createReviews(input: $r) {{ userErrors {{ {keys} }} }} }}"
        );
        let body = json!({ "query": mutation, "variables": { "r": vec![&review; 40] } });
        let body = body.to_string();
        let client = place % CLIENTS + 1;
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\nx-forwarded-for: 192.0.2.{client}\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let received = receive(&mut stream).await.unwrap();
        (received.status, received.body.len())
    });
    let releasing = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        writer.rollback().await.unwrap();
    };
    let (received, ()) = tokio::join!(join_all(sending), releasing);
    let served = received
        .iter()
        .filter(|(status, bytes)| *status == 200 && *bytes > 1_000_000);
    let served = served.count();
    let statuses: Vec<_> = received.iter().map(|(status, _)| *status).collect();
    assert!(
        statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    assert!(served > 0, "{received:?}");
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: {COUNT} refusals of two megabytes that wait to be recorded: {served} told, the others without room, after {taken:.1} s"
    ));
}
