//! How much is asked at once and lately, what browsers are told, and what pages
//! of others can have browsers send.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use purser::access::Role;
use purser::graphql::{ByRole, Limits};
use purser::http::{Documents, router};
use serde_json::json;
use tower::ServiceExt as _;

use super::{HELLO, assert_refused, get, post, query_string, send, value};
use crate::app::{TestApp, Variant};

fn of_limits(limits: Limits) -> Variant {
    Variant {
        limits,
        ..Variant::default()
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_what_it_is_not() {
    let no_such = get("/nowhere", &[]).await;
    let answer = post(&[], HELLO).await;
    let refused = post(&[("authorization", "Bearer x")], HELLO).await;
    for reply in [no_such, answer, refused, get("/", &[]).await] {
        assert_eq!(value(&reply.headers, "x-content-type-options"), "nosniff");
        assert_eq!(value(&reply.headers, "x-frame-options"), "DENY");
        assert_eq!(value(&reply.headers, "referrer-policy"), "no-referrer");
        let policy = value(&reply.headers, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn the_front_page_is_one_for_browsers() {
    let reply = get("/", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        value(&reply.headers, "content-type"),
        "text/html; charset=utf-8"
    );
    let page = String::from_utf8(reply.body).unwrap();
    for part in [
        "SQLite",
        "<b>anonymous</b>",
        "/schema.graphql",
        "{ categories(first: 3) { nodes { id name } } }",
    ] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
    assert!(!page.contains("{{"), "{page}");
    let host = "x\"><script>alert(1)</script>";
    let reply = get("/", &[("accept", "text/html"), ("host", host)]).await;
    assert!(!String::from_utf8(reply.body).unwrap().contains("<script"));
}

#[tokio::test]
async fn the_front_page_names_only_what_is_there() {
    let front = async |variant: Variant, proxied: bool| {
        let app = TestApp::sqlite_as(variant).await;
        let mut pages = Vec::new();
        for accept in ["text/html", "*/*"] {
            let request = Request::get("/")
                .header("accept", accept)
                .header("host", "a.example");
            let request = if proxied {
                request.header("x-forwarded-proto", "https")
            } else {
                request
            };
            let reply = app.send(request.body(Body::empty()).unwrap()).await;
            pages.push(String::from_utf8(reply.body).unwrap());
        }
        pages
    };
    for page in front(Variant::default(), true).await {
        assert!(page.contains("curl https://a.example/graphql"), "{page}");
    }
    let unseen = Variant {
        limits: Limits {
            introspection: 0,
            ..Limits::default()
        },
        ..Variant::default()
    };
    for page in front(unseen, false).await {
        assert!(
            page.contains("{ __typename }") && !page.contains("categories"),
            "{page}"
        );
        assert!(!page.contains("schema.graphql"), "{page}");
    }
    let trusted = Variant {
        documents: Documents::of(Vec::new(), true),
        ..Variant::default()
    };
    for page in front(trusted, false).await {
        assert!(
            page.contains("documentId") && !page.contains("curl"),
            "{page}"
        );
        assert!(page.contains("schema.graphql"), "{page}");
    }
}

#[tokio::test]
async fn pages_of_others_can_have_nothing_sent_by_get() {
    let uri = query_string(&[("query", "{ __typename }")]);
    for headers in [
        &[][..],
        &[("accept", "*/*")],
        &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")],
        &[("accept", "application/json")],
        &[("content-type", "text/plain")],
        // Which is a text with a strange parameter, and sent without asking.
        &[("content-type", "text/plain;x,application/json")],
        &[("content-type", "text/plain, application/json")],
    ] {
        let reply = send(Method::GET, &uri, headers, Body::empty()).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
    for header in [
        ("accept", "application/graphql-response+json"),
        ("graphql-require-preflight", "1"),
        ("apollo-require-preflight", "true"),
        ("x-apollo-operation-name", "Q"),
        ("content-type", "application/json"),
    ] {
        let reply = send(Method::GET, &uri, &[header], Body::empty()).await;
        assert_eq!(reply.data()["__typename"], "Query", "{header:?}");
    }
}

#[tokio::test]
async fn queries_by_get_are_not_for_pages_of_others() {
    let uri = query_string(&[("query", "{ __typename }")]);
    let ask = async |headers: &[(&str, &str)]| {
        // A script may send any `Accept` to any origin.
        let mut all = vec![
            ("host", "api.example"),
            ("accept", "application/graphql-response+json"),
        ];
        all.extend_from_slice(headers);
        send(Method::GET, &uri, &all, Body::empty()).await
    };
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("graphql-require-preflight", "1"),
        ],
        &[
            ("origin", "https://api.example"),
            ("sec-fetch-site", "same-site"),
        ],
    ] {
        let reply = ask(headers).await;
        assert_refused(&reply, StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    for headers in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin")],
        &[("origin", "https://api.example")],
        &[("origin", "https://shop.example")],
        &[
            ("origin", "https://shop.example"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        let reply = ask(headers).await;
        assert_eq!(reply.data()["__typename"], "Query", "{headers:?}");
    }
}

#[tokio::test]
async fn everyone_is_told_the_schema_of_their_role() {
    let app = TestApp::sqlite().await;
    let schema = async |name: &str| {
        let actor = app.actor(name).await;
        let mut request = Request::builder().uri("/schema.graphql");
        if name != "anonymous" {
            let token = actor.token();
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
        String::from_utf8(reply.body).unwrap()
    };
    let (anonymous, staff) = (schema("anonymous").await, schema("staff").await);
    assert!(anonymous.contains("type Product ") && !anonymous.contains("costCents"));
    assert!(staff.contains("costCents"));
    let admin = schema("admin").await;
    assert_eq!(admin.trim(), include_str!("../../../schema.graphql").trim());
    let forged = get("/schema.graphql", &[("authorization", "Bearer x")]).await;
    assert_refused(&forged, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
}

#[tokio::test]
async fn what_is_the_same_for_all_is_not_copied() {
    let app = TestApp::shared().await;
    let body = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(app.door.clone()).oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    };
    for path in ["/schema.graphql", "/landing.css"] {
        let (one, other) = (body(path).await, body(path).await);
        assert!(one.len() > 100, "{path}");
        assert_eq!(one.as_ptr(), other.as_ptr(), "{path}");
    }
}

#[tokio::test]
async fn schemas_are_not_told_where_introspection_is_off() {
    let limits = Limits {
        introspection: 0,
        ..Limits::default()
    };
    let shop = TestApp::sqlite().await;
    let app = shop.node(of_limits(limits)).await;
    for query in [
        "{ __schema { types { name } } }",
        "{ t: __type(name: \"Product\") { name } }",
    ] {
        let reply = app.anonymous().query(query).await;
        assert_eq!(reply.code(), "FORBIDDEN", "{query}");
    }
    assert_eq!(
        app.anonymous().query("{ __typename }").await.data(),
        json!({ "__typename": "Query" })
    );
    let request = Request::get("/schema.graphql").body(Body::empty()).unwrap();
    assert_eq!(app.send(request).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn documents_have_so_many_aliases_and_directives() {
    let limits = Limits {
        aliases: 3,
        directives: 3,
        ..Limits::default()
    };
    let shop = TestApp::sqlite().await;
    let app = shop.node(of_limits(limits)).await;
    let ask = async |inner: &str| {
        let query = format!("{{ products(first: 1) {{ nodes {{ {inner} }} }} }}");
        app.anonymous().query(&query).await
    };
    ask("a: id b: id c: id").await.data();
    let reply = ask("a: id b: id c: id d: id").await;
    assert_eq!(reply.code(), "QUERY_TOO_COMPLEX");
    assert!(
        reply.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("3 aliases")
    );
    ask("id @include(if: true) sku @skip(if: true) name @skip(if: false)")
        .await
        .data();
    let reply =
        ask("id @include(if: true) @skip(if: true) sku @skip(if: true) name @skip(if: false)");
    let reply = reply.await;
    assert_eq!(reply.code(), "QUERY_TOO_COMPLEX");
    assert!(
        reply.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("3 directives")
    );
}

#[tokio::test]
async fn callers_spend_so_much_in_a_minute() {
    let limits = Limits {
        per_minute: ByRole::default()
            .with(Role::Anonymous, 300)
            .with(Role::Customer, 300),
        ..Limits::default()
    };
    let shop = TestApp::sqlite().await;
    let app = shop.node(of_limits(limits)).await;
    let query = "{ products { totalCount } }";
    let ask = async |actor: &str| app.actor(actor).await.query(query).await;
    let mut refused = None;
    for _ in 0..10 {
        let reply = ask("ada").await;
        if reply.json().get("errors").is_some() {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.code(), "RATE_LIMITED");
    let wait = &refused.json()["errors"][0]["extensions"]["retryAfter"];
    assert!((1..=60).contains(&wait.as_u64().unwrap()), "{wait}");
    // Others have their own, and those without a limit have none.
    ask("alan").await.data();
    for _ in 0..10 {
        ask("staff").await.data();
    }
}
