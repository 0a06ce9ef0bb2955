use futures_util::future::join_all;
use serde_json::json;

use super::{ERRORS, assert_error, mutate, read};
use crate::app::TestApp;

/// Two trees of two, each of which is moved below the lower end of the other:
/// both moves together would make a ring, and neither touches a row that the
/// other does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_move_a_tree_at_once_leave_a_tree() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        for (slug, parent) in [
            ("ring-a", "null"),
            ("ring-b", "null"),
            ("ring-below-a", "{slug: \"ring-a\"}"),
            ("ring-below-b", "{slug: \"ring-b\"}"),
        ] {
            let input = format!("{{name: \"R\", slug: {slug:?}, parent: {parent}}}");
            let query =
                format!("createCategory(input: {input}) {{ category {{ slug }} {ERRORS} }}");
            let made = mutate(&staff, &query).await;
            assert_eq!(made["category"]["slug"], json!(slug), "{made}");
        }
        let moves = [("ring-a", "ring-below-b"), ("ring-b", "ring-below-a")].map(|(slug, parent)| {
            format!(
                "updateCategory(by: {{slug: {slug:?}}}, patch: {{parent: {{slug: {parent:?}}}}}) {{ \
                 category {{ slug }} {ERRORS} }}"
            )
        });
        for round in 0..30 {
            let moved = join_all(moves.iter().map(|one| mutate(&staff, one))).await;
            let refused: Vec<_> = moved
                .iter()
                .filter(|one| one["category"].is_null())
                .collect();
            assert_eq!(refused.len(), 1, "round {round}: {moved:?}");
            let code = &refused[0]["userErrors"][0]["code"];
            assert_eq!(*code, json!("VALIDATION_FAILED"));
            let query = "{ categories(filter: {slug: {startsWith: \"ring-\"}, not: {parent: {}}}) { \
                         totalCount } }";
            let roots = read(&app, "staff", query).await;
            assert_eq!(roots["categories"]["totalCount"], json!(1), "round {round}");
            let apart = mutate(
                &staff,
                &format!(
                    "updateCategories(filter: {{slug: {{in: [\"ring-a\", \"ring-b\"]}}}}, \
                     patch: {{parent: null}}, atMost: 2) {{ count {ERRORS} }}"
                ),
            )
            .await;
            assert_eq!(apart["count"], json!(2), "{apart}");
        }
        app.remove().await;
    }
}

/// Two chains of rows, each below the one before.
#[tokio::test]
async fn no_tree_becomes_deeper_than_it_can_be_read() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let make = async |name: &str, from: usize, to: usize| {
            for place in from..to {
                let parent = match place.checked_sub(1) {
                    Some(above) => format!("{{slug: \"{name}{above}\"}}"),
                    None => "null".to_owned(),
                };
                let input = format!("{{name: \"D\", slug: \"{name}{place}\", parent: {parent}}}");
                let query =
                    format!("createCategory(input: {input}) {{ category {{ slug }} {ERRORS} }}");
                let made = mutate(&staff, &query).await;
                assert_eq!(made["userErrors"], json!([]), "{made}");
            }
        };
        make("d", 0, 40).await;
        make("e", 0, 30).await;
        let place = async |slug: &str, parent: &str| {
            let query = format!(
                "updateCategory(by: {{slug: {slug:?}}}, patch: {{parent: {{slug: {parent:?}}}}}) {{ \
                 category {{ slug }} {ERRORS} }}"
            );
            mutate(&staff, &query).await
        };
        // 40 rows above the first of 30: of the last, 69.
        assert_error(
            &place("e0", "d39").await,
            "VALIDATION_FAILED",
            "patch.parent",
        );
        // And with 35 above it, 64.
        let moved = place("e0", "d34").await;
        assert_eq!(moved["category"]["slug"], json!("e0"), "{moved}");
        let query = "{ category(by: {slug: \"e29\"}) { ancestors { slug } } }";
        let above = read(&app, "staff", query).await;
        assert_eq!(above["category"]["ancestors"].as_array().unwrap().len(), 64);
        let input = "{name: \"D\", slug: \"e30\", parent: {slug: \"e29\"}}";
        let query = format!("createCategory(input: {input}) {{ category {{ slug }} {ERRORS} }}");
        assert_error(
            &mutate(&staff, &query).await,
            "VALIDATION_FAILED",
            "input.parent",
        );
        app.remove().await;
    }
}
