//! What one node revokes, the others refuse soon.

use chrono::Utc;
use serde_json::json;

use super::{PASSWORD, is_good, log_in, mutate, sign_up, text};
use crate::app::{TestApp, Variant};

#[tokio::test]
async fn another_node_refuses_what_was_revoked_once_it_has_caught_up() {
    for app in TestApp::on_every_database().await {
        let keys = || {
            let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
            let path = directory.join(uuid::Uuid::now_v7().simple().to_string());
            purser::auth::Keyring::read_or_generate(&path)
                .map(|_| path)
                .unwrap()
        };
        let path = keys();
        let node = async || {
            let keys = purser::auth::Keyring::read(&path).unwrap();
            let variant = Variant {
                keys,
                ..Variant::default()
            };
            app.node(variant).await
        };
        let (here, there) = (node().await, node().await);
        let mary = sign_up(&here, "mary@example.com").await;
        let (user, token) = (text(&mary["user"], "id"), text(&mary, "accessToken"));
        assert!(is_good(&there, &token).await);

        let admin = there.admin().await;
        let selected = "user { role } userErrors { code }";
        let input = json!({ "user": user, "role": "STAFF" });
        let changed = mutate(&admin, "setUserRole", input, selected).await;
        assert_eq!(changed["user"]["role"], "STAFF");
        // At once where it was done, and elsewhere once that is known there.
        assert!(!is_good(&there, &token).await);
        assert!(is_good(&here, &token).await);
        here.door.auth.catch_up(Utc::now()).await.unwrap();
        assert!(!is_good(&here, &token).await);

        // Tokens of after it are good on every node.
        let again = log_in(&here, "mary@example.com", PASSWORD).await;
        let token = text(&again, "accessToken");
        for node in [&here, &there] {
            assert!(is_good(node, &token).await);
            node.door.auth.catch_up(Utc::now()).await.unwrap();
            assert!(is_good(node, &token).await);
        }
        let reply = here
            .bearer(&token)
            .query("{ me { role } orders { totalCount } }")
            .await;
        assert_eq!(reply.data()["me"]["role"], "STAFF");

        mutate(&admin, "disableUser", json!({ "user": user }), selected).await;
        here.door.auth.catch_up(Utc::now()).await.unwrap();
        assert!(!is_good(&here, &token).await);
        for node in [here, there] {
            node.database().close().await;
        }
        app.remove().await;
    }
}
