//! What is stored with each write, to be told to those who listen.

use entity::outbox::{Column, Entity};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::{product, read};
use crate::app::TestApp;

/// What is stored of everything so far: pairs of entity and what became of a
/// row, transaction by transaction.
async fn stored(app: &TestApp) -> Vec<Vec<(String, String)>> {
    let rows = Entity::find().order_by_asc(Column::Id);
    let rows = rows.all(app.database().orm()).await.unwrap();
    let pairs = |payload: &Value| {
        let changes = payload.as_array().unwrap().iter();
        let word = |change: &Value, place: usize| change[place].as_str().unwrap().to_owned();
        changes
            .map(|change| (word(change, 0), word(change, 2)))
            .collect()
    };
    rows.iter().map(|row| pairs(&row.payload)).collect()
}

fn pair(entity: &str, kept: &str) -> (String, String) {
    (entity.to_owned(), kept.to_owned())
}

#[tokio::test]
async fn every_row_that_a_transaction_changes_is_told_once_it_is_kept() {
    for app in TestApp::on_every_database().await {
        let before = stored(&app).await.len();
        let (first, second) = (product("OUT-1"), product("OUT-2"));
        let both = format!(
            "mutation {{ createProduct(input: {{{first}}}) {{ product {{ id }} }} \
             again: createProduct(input: {{{second}}}) {{ product {{ id }} }} }}"
        );
        app.actor("staff").await.query(&both).await.data();
        // Nothing of what is not kept.
        app.actor("staff").await.query(&both).await.data();
        let query = "{ me { id } }";
        let ada = read(&app, "ada", query).await["me"]["id"].clone();
        let rename = "mutation { updateProfile(input: {displayName: \"Ada L.\"}) { user { id } } }";
        app.actor("ada").await.query(rename).await.data();
        let promote = format!(
            "mutation {{ setUserRole(input: {{user: {ada}, role: STAFF}}) {{ user {{ id }} }} }}"
        );
        app.actor("admin").await.query(&promote).await.data();
        let disable =
            format!("mutation {{ disableUser(input: {{user: {ada}}}) {{ user {{ id }} }} }}");
        app.actor("admin").await.query(&disable).await.data();
        let join = "mutation { signUp(input: {email: \"new@example.com\", displayName: \"New\", \
                    password: \"correct horse battery\"}) { user { id } } }";
        app.actor("anonymous").await.query(join).await.data();
        let told = stored(&app).await.split_off(before);
        assert_eq!(
            told,
            [
                vec![pair("Product", "create"), pair("Product", "create")],
                vec![pair("User", "update")],
                vec![pair("User", "update")],
                vec![pair("User", "update")],
                vec![pair("User", "create")],
            ],
            "{}",
            app.database().dialect()
        );
        assert_ne!(ada, json!(null));
        app.remove().await;
    }
}
