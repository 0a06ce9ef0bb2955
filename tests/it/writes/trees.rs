use futures_util::future::join_all;
use serde_json::json;

use super::{ERRORS, mutate, read};
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
