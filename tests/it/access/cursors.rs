//! What cursors tell.

use uuid::Uuid;

use super::rows::{hidden_products, user_named};
use crate::app::{Actor, TestApp};
use crate::bad_input::hex;

/// The cursors of a list of users.
async fn user_cursors(actor: &Actor<'_>, arguments: &str) -> Vec<String> {
    let query = format!("{{ users({arguments}) {{ edges {{ cursor }} }} }}");
    let data = actor.query(&query).await.data();
    let edges = data["users"]["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| edge["cursor"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_cursor_that_staff_minted_is_of_no_use_to_a_customer() {
    let app = TestApp::shared().await;
    let (staff, ada) = (app.staff().await, app.customer("ada").await);
    for arguments in [
        "",
        "orderBy: { email: ASC }",
        "orderBy: { role: DESC }",
        "orderBy: [{ createdAt: ASC }, { email: ASC }]",
    ] {
        let cursor = &user_cursors(&staff, &format!("first: 1, {arguments}")).await[0];
        for side in ["after", "before"] {
            let query = format!("{{ users({side}: \"{cursor}\", {arguments}) {{ totalCount }} }}");
            assert_eq!(ada.query(&query).await.code(), "INVALID_CURSOR", "{query}");
            assert!(staff.query(&query).await.data().is_object());
        }
    }
}

#[tokio::test]
async fn the_cursors_of_a_customer_hold_nothing_masked() {
    let app = TestApp::shared().await;
    let ada = app.customer("ada").await;
    let all = user_cursors(&ada, "first: 100, orderBy: { email: ASC_NULLS_LAST }").await;
    let written: Vec<_> = all
        .iter()
        .filter(|cursor| cursor.split('.').nth(1) != Some("-"))
        .collect();
    assert_eq!(written.len(), 1);
    assert!(written[0].contains(&hex("ada@example.com")));
}

#[tokio::test]
async fn a_guess_in_a_cursor_learns_nothing() {
    let app = TestApp::shared().await;
    let ada = app.customer("ada").await;
    let grace = user_named(app, "grace").await;
    for order in [
        "email: ASC",
        "email: DESC",
        "email: ASC_NULLS_FIRST",
        "email: DESC_NULLS_LAST",
    ] {
        let own = user_cursors(&ada, &format!("first: 100, orderBy: {{ {order} }}")).await;
        let label = own[0].split('.').next().unwrap();
        let ask = async |guess: &str, key: Uuid| {
            let cursor = format!("{label}.{}.{}", hex(guess), key.simple());
            let page = "totalCount nodes { id email } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
            let query = format!(
                "{{ a: users(first: 100, after: \"{cursor}\", orderBy: {{ {order} }}) {{ {page} }} \
                    b: users(last: 100, before: \"{cursor}\", orderBy: {{ {order} }}) {{ {page} }} }}"
            );
            ada.query(&query).await.data()
        };
        // No e-mail address that ada may see lies between these.
        let below = ask("b", Uuid::nil()).await;
        for (guess, key) in [
            ("grace@example.com", Uuid::nil()),
            ("grace@example.com", grace.id),
            ("grace@example.com", Uuid::max()),
            ("grace@example.con", Uuid::nil()),
            ("zzz", Uuid::max()),
        ] {
            assert_eq!(ask(guess, key).await, below, "{guess} {key}");
        }
        // Her own does make a difference.
        assert_ne!(ask("a", Uuid::nil()).await, below);
    }
}

#[tokio::test]
async fn a_guess_in_a_cursor_finds_no_hidden_row() {
    let app = TestApp::shared().await;
    let hidden = hidden_products(app).await;
    for actor in [app.anonymous(), app.customer("ada").await] {
        let order = "orderBy: { name: ASC }";
        let query = format!("{{ products(first: 1, {order}) {{ edges {{ cursor }} }} }}");
        let data = actor.query(&query).await.data();
        let cursor = data["products"]["edges"][0]["cursor"].as_str().unwrap();
        let label = cursor.split('.').next().unwrap();
        for product in hidden.iter().take(10) {
            let ask = async |key: Uuid| {
                let cursor = format!("{label}.{}.{}", hex(&product.name), key.simple());
                let page = "totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage }";
                let query = format!(
                    "{{ a: products(first: 5, after: \"{cursor}\", {order}) {{ {page} }} \
                        b: products(last: 5, before: \"{cursor}\", {order}) {{ {page} }} }}"
                );
                actor.query(&query).await.data()
            };
            // Between these two keys lies no row but the hidden one.
            let next = Uuid::from_u128(product.id.as_u128() + 1);
            assert_eq!(ask(product.id).await, ask(next).await, "{}", product.name);
        }
    }
}
