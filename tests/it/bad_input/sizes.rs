//! Texts and lists that are long, and used again and again.

use serde_json::json;

use super::cursors::cursor_of;
use super::{ask, assert_too_complex, hex, numbered, refused};
use crate::app::TestApp;

#[tokio::test]
async fn a_list_used_many_times_counts_each_time() {
    let field = "a#:reviews(first:1 filter:{rating:{in:$s}}){totalCount}";
    let query = format!(
        "query($s:[Int!]){{products(first:1){{nodes{{{}}}}}}}",
        numbered(40, field)
    );
    assert_too_complex(&query, json!({ "s": vec![5; 10_000] })).await;
}

#[tokio::test]
async fn a_long_text_used_many_times_counts_each_time() {
    let field = "a#:reviews(first:1 filter:{body:{contains:$s}}){totalCount}";
    let query = format!(
        "query($s:String){{products(first:1){{nodes{{{}}}}}}}",
        numbered(100, field)
    );
    let reply = ask(&query, json!({ "s": "x".repeat(500_000) })).await;
    refused(&query, &reply);
}

#[tokio::test]
async fn a_cursor_used_many_times_counts_each_time() {
    let cursor = cursor_of("orderBy: [{ description: ASC }]").await;
    let mut parts: Vec<_> = cursor.split('.').map(str::to_owned).collect();
    parts[1] = hex(&"z".repeat(30_000));
    let cursor = json!({ "c": parts.join(".") });
    let pages = |count| {
        let page =
            "a#: products(first: 1, after: $c, orderBy: [{ description: ASC }]) { nodes { id } } ";
        format!("query($c: String) {{ {} }}", numbered(count, page))
    };
    let reply = ask(&pages(1), cursor.clone()).await;
    assert!(reply.data().is_object());
    assert_too_complex(&pages(4), cursor).await;
}

#[tokio::test]
async fn long_texts_of_groups_and_facets_are_few() {
    for query in [
        format!(
            "{{ productGroups(by: [{{ description: VALUE }}], first: 1000) {{ nodes {{ key {{ {} }} }} }} }}",
            numbered(9, "a#: description ")
        ),
        format!(
            "{{ productGroups(by: [{{ sku: VALUE }}], first: 1000) {{ nodes {{ description {{ {} }} }} }} }}",
            numbered(3, "a#: max b#: min c#: mode ")
        ),
        "{ categories(first: 90) { nodes { products(first: 0) { facets { \
         description(first: 100) { value } } } } } }"
            .to_owned(),
    ] {
        assert_too_complex(&query, json!({})).await;
    }
    let few = "{ productGroups(by: [{ description: VALUE }], first: 1000) { nodes { \
               key { description } description { max } } } }";
    assert!(ask(few, json!({})).await.data().is_object());
}

#[tokio::test]
async fn keys_of_what_is_changed_are_texts_to_compare_with() {
    let app = TestApp::shared().await;
    let staff = app.staff().await;
    let mutation = |count| {
        let field = "a#: updateProduct(by: {sku: $s}, patch: {}) { userErrors { code } } ";
        format!("mutation($s: String!) {{ {} }}", numbered(count, field))
    };
    let key = json!({ "s": "x".repeat(10_000) });
    let query = mutation(11);
    let errors = refused(&query, &staff.query_with(&query, key.clone()).await);
    assert_eq!(errors[0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    assert!(staff.query_with(&mutation(9), key).await.data().is_object());
}

#[tokio::test]
async fn texts_that_are_written_are_as_many_as_a_body_may_have() {
    let app = TestApp::sqlite().await;
    let staff = app.staff().await;
    let create = |count| {
        let rows = numbered(
            count,
            "{ sku: \"LONG-#\", slug: \"long-#\", name: \"Long\", status: ACTIVE, \
             category: { slug: \"shirts\" }, description: $d, priceCents: 1, costCents: 1, \
             currency: \"EUR\" } ",
        );
        format!(
            "mutation($d: String) {{ createProducts(input: [{rows}]) {{ count userErrors {{ code }} }} }}"
        )
    };
    let description = json!({ "d": "word ".repeat(1_600) });
    let refused = staff.query_with(&create(140), description.clone()).await;
    let errors = &refused.json()["errors"];
    assert_eq!(
        errors[0]["extensions"]["code"], "QUERY_TOO_COMPLEX",
        "{errors}"
    );
    let made = staff.query_with(&create(120), description).await.data();
    let expected = json!({ "count": 120, "userErrors": [] });
    assert_eq!(made["createProducts"], expected);
    app.remove().await;
}

#[tokio::test]
async fn what_is_asked_of_errors_counts_whatever_kind_they_are() {
    let refused = "signUp(input: { email: \"x\", password: \"y\", displayName: \"\" }) { userErrors { ...F } }";
    let mutation = |roots: usize, aliases: usize, kind: &str| {
        format!(
            "mutation {{ {} }} fragment F on {kind} {{ {} }}",
            numbered(roots, &format!("m#: {refused} ")),
            numbered(aliases, "a#: message ")
        )
    };
    for kind in ["UserError", "ValidationError"] {
        assert_too_complex(&mutation(1, 600, kind), json!({})).await;
        assert_too_complex(&mutation(20, 20, kind), json!({})).await;
        assert!(
            ask(&mutation(1, 20, kind), json!({}))
                .await
                .data()
                .is_object()
        );
    }
    // Whoever asks for what is usual is answered.
    let usual = "__typename code message path ... on TooManyRowsError { matches }";
    let usual = mutation(50, 1, "UserError").replace("...F", &format!("...F {usual}"));
    assert!(ask(&usual, json!({})).await.data().is_object());
    // Nor do many selections of one kind hide the aliases of another.
    let hidden = mutation(4, 390, "ValidationError").replace(
        "...F }",
        &format!(
            "...F ... on ConflictError {{ {} }} }}",
            "message ".repeat(400)
        ),
    );
    assert_too_complex(&hidden, json!({})).await;
}
