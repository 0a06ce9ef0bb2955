//! What is answered on a socket is what is answered by POST.

use serde_json::{Value, json};

use super::{Served, bearer, code};
use crate::app::{TestApp, Variant, without_request_ids};
use crate::auth::{PASSWORD, recorded, sign_up, text};

/// Takes the id of a request out of errors, and returns it.
fn request_id(errors: &mut Value) -> String {
    let extensions = errors[0]["extensions"].as_object_mut().unwrap();
    let id = extensions.shift_remove("requestId").unwrap();
    id.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_query_is_answered_as_by_post() {
    for app in TestApp::on_every_database().await {
        let served = Served::new(app).await;
        let mut socket = served.anonymous().await;
        let body = json!({
            "query": "query A { __typename } query B($n: Int) { products(first: $n, orderBy: \
                      [{ name: ASC }]) { totalCount nodes { name reviews { totalCount } } } }",
            "operationName": "B",
            "variables": { "n": 3 },
            "extensions": { "cost": true },
        });
        let by_post = served.app.anonymous().post(body.to_string()).await.json();
        assert_eq!(
            by_post["data"]["products"]["nodes"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        assert!(by_post["extensions"]["cost"].is_object());
        socket.subscribe_with("1", body).await;
        assert_eq!(socket.result("1").await.to_string(), by_post.to_string());

        let body =
            json!({ "query": "{ products { totalCount } }", "extensions": { "explain": true } });
        socket.subscribe_with("2", body).await;
        let explained = socket.result("2").await;
        assert_eq!(
            explained["extensions"]["explain"].as_array().unwrap().len(),
            1
        );
        served.app.remove().await;
    }
}

#[tokio::test]
async fn a_request_that_is_refused_has_the_errors_of_one_by_post() {
    let served = Served::sqlite().await;
    let mut socket = served.anonymous().await;
    let mut ids = Vec::new();
    for body in [
        json!({ "query": "{" }),
        json!({ "query": "{ nonsense more }" }),
        json!({ "query": "{ orders { totalCount } }" }),
        json!({ "query": "query($n: Int!) { products(first: $n) { totalCount } }" }),
        json!({ "query": "{ products(first: 1000) { totalCount } }" }),
        json!({ "query": "{ __typename }", "operationName": "B" }),
        json!({ "query": "{ __typename }", "extensions": { "cost": 1 } }),
    ] {
        let by_post = served.app.anonymous().post(body.to_string()).await;
        let by_post = without_request_ids(by_post.json());
        socket.subscribe_with("1", body.clone()).await;
        let mut errors = Value::Array(socket.refusal("1").await);
        ids.push(request_id(&mut errors));
        let mut rest = json!({ "errors": errors });
        for error in rest["errors"].as_array_mut().unwrap().iter_mut().skip(1) {
            let extensions = error["extensions"].as_object_mut().unwrap();
            assert_eq!(
                extensions.shift_remove("requestId").unwrap(),
                ids.last().unwrap().as_str()
            );
        }
        assert_eq!(rest, by_post, "{body}");
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "operations share a request id");
}

#[tokio::test]
async fn what_fails_while_it_runs_is_a_result_with_errors() {
    let served = Served::sqlite().await;
    let mut socket = served.anonymous().await;
    served.app.database().close().await;
    socket.subscribe("1", "{ products { totalCount } }").await;
    let result = without_request_ids(socket.result("1").await);
    assert_eq!(result["data"], Value::Null);
    assert_eq!(result["errors"][0]["path"], json!(["products"]));
    assert_eq!(
        result["errors"][0]["extensions"]["code"],
        "SERVICE_UNAVAILABLE"
    );
}

#[tokio::test]
async fn who_logs_in_on_a_socket_connects_again_with_the_token() {
    let served = Served::sqlite().await;
    let user = text(
        &sign_up(&served.app, "mary@example.com").await["user"],
        "id",
    );
    let mut socket = served.anonymous().await;
    let query = format!(
        "mutation {{ logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) \
         {{ accessToken userErrors {{ code }} }} }}"
    );
    let token = text(&socket.data("1", &query).await["logIn"], "accessToken");
    // It is still nobody's.
    assert_eq!(socket.data("2", "{ me { id } }").await["me"], Value::Null);

    let mut socket = served.socket(bearer(&token)).await;
    let update = "mutation { updateProfile(input: { displayName: \"Mary S.\" }) \
                  { user { id displayName } userErrors { code } } }";
    let updated = socket.data("1", update).await["updateProfile"].clone();
    assert_eq!(
        updated["user"],
        json!({ "id": user, "displayName": "Mary S." })
    );
    let me = socket.data("2", "{ me { id displayName } }").await;
    assert_eq!(me["me"]["displayName"], "Mary S.");
    assert_eq!(
        recorded(&served.app, &user).await[..2],
        ["updateProfile", "logIn"]
    );
}

#[tokio::test]
async fn a_preview_is_not_kept() {
    let served = Served::sqlite().await;
    let mut socket = served.socket_of("ada").await;
    let name = socket.data("1", "{ me { displayName } }").await;
    let update = "mutation { updateProfile(input: { displayName: \"Nobody\" }) \
                  { user { displayName } } }";
    socket
        .subscribe_with(
            "2",
            json!({ "query": update, "extensions": { "preview": true } }),
        )
        .await;
    let previewed = socket.result("2").await;
    assert_eq!(
        previewed["data"]["updateProfile"]["user"]["displayName"],
        "Nobody"
    );
    assert_eq!(previewed["extensions"]["preview"], true);
    assert_eq!(socket.data("3", "{ me { displayName } }").await, name);
}

#[tokio::test]
async fn every_attempt_on_a_socket_is_counted_by_where_it_comes_from() {
    let served = Served::sqlite().await;
    sign_up(&served.app, "mary@example.com").await;
    let query = |password: &str| {
        format!(
            "mutation {{ logIn(input: {{ email: \"mary@example.com\", password: \"{password}\" }}) \
             {{ userErrors {{ code }} }} }}"
        )
    };
    // Seen by the proxy.
    let mut here = served.socket_from("192.0.2.1").await;
    for _ in 0..6 {
        let guess = here.data("1", &query("wrong")).await;
        assert_eq!(
            guess["logIn"]["userErrors"][0]["code"],
            "INVALID_CREDENTIALS"
        );
    }
    let limited = here.data("1", &query(PASSWORD)).await;
    assert_eq!(limited["logIn"]["userErrors"][0]["code"], "RATE_LIMITED");
    let by_post = served
        .app
        .anonymous()
        .from("192.0.2.1")
        .query(&query(PASSWORD))
        .await;
    assert_eq!(
        by_post.data()["logIn"]["userErrors"][0]["code"],
        "RATE_LIMITED"
    );
    let mut there = served.socket_from("192.0.2.2").await;
    let right = there.data("1", &query(PASSWORD)).await;
    assert_eq!(right["logIn"]["userErrors"], json!([]));
}

#[tokio::test]
async fn each_operation_is_recorded_as_a_request_of_its_own() {
    let served = Served::sqlite().await;
    let mut socket = served.socket_of("ada").await;
    for name in ["One", "Two"] {
        let update = format!(
            "mutation {{ updateProfile(input: {{ displayName: \"{name}\" }}) {{ userErrors {{ code }} }} }}"
        );
        socket.data("1", &update).await;
    }
    let query =
        "{ auditEntries(filter: { action: { eq: \"updateProfile\" } }) { nodes { requestId } } }";
    let entries = served.app.admin().await.query(query).await.data();
    let nodes = entries["auditEntries"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_ne!(nodes[0]["requestId"], nodes[1]["requestId"]);
    assert!(nodes.iter().all(|node| node["requestId"].is_string()));
}

#[tokio::test]
async fn what_is_about_a_cookie_is_sent_by_post() {
    let served = Served::of(Variant {
        cookies: true,
        ..Variant::default()
    })
    .await;
    sign_up(&served.app, "mary@example.com").await;
    let mut socket = served.anonymous().await;
    for mutation in [
        format!(
            "logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) {{ accessToken }}"
        ),
        "refreshSession(input: {}) { accessToken }".to_owned(),
        "logOut(input: {}) { userErrors { code } }".to_owned(),
    ] {
        socket
            .subscribe("1", &format!("mutation {{ {mutation} }}"))
            .await;
        let errors = socket.refusal("1").await;
        assert_eq!(code(&errors), "BAD_REQUEST");
        assert!(errors[0]["message"].as_str().unwrap().contains("cookie"));
    }
    assert_eq!(
        socket.data("1", "{ __typename }").await["__typename"],
        "Query"
    );
}
