//! Cursors that were cut, changed, forged, or minted for something else.

use serde_json::json;

use super::{ask, assert_place, hex, refused};
use crate::app::TestApp;

/// The cursor of a list's first row, for these arguments beside `first`.
pub(super) async fn cursor_of(arguments: &str) -> String {
    let query = format!("{{ products(first: 1, {arguments}) {{ edges {{ cursor }} }} }}");
    let data = ask(&query, json!({})).await.data();
    data["products"]["edges"][0]["cursor"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn assert_bad_cursor(arguments: &str, cursor: &str) {
    for side in ["after", "before"] {
        let query =
            format!("query($c: String) {{ products({side}: $c, {arguments}) {{ totalCount }} }}");
        assert_place(&query, json!({ "c": cursor }), side, "INVALID_CURSOR").await;
    }
}

#[tokio::test]
async fn a_cursor_that_is_cut_or_changed_is_refused() {
    let cursor = cursor_of("").await;
    assert!(
        ask(
            &format!("{{ products(after: \"{cursor}\") {{ totalCount }} }}"),
            json!({})
        )
        .await
        .data()
        .is_object()
    );
    for place in 0..cursor.len() {
        assert_bad_cursor("", &cursor[..place]).await;
    }
    for changed in [
        String::new(),
        format!("{cursor}0"),
        format!("{cursor}."),
        format!("{cursor}.{cursor}"),
        format!(" {cursor}"),
        format!("{cursor}\n"),
        cursor.to_uppercase(),
        cursor.replace('.', ","),
        cursor.chars().rev().collect(),
        hex(&cursor),
        format!("0{}", &cursor[1..]),
        "nonsense".to_owned(),
        "WyJhIiwxXQ==".to_owned(),
        "éééé".to_owned(),
        "00000000.".to_owned() + &"-.".repeat(200_000),
    ] {
        assert_bad_cursor("", &changed).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let data = ask("{ categories(first: 1) { edges { cursor } } }", json!({}))
        .await
        .data();
    let other = data["categories"]["edges"][0]["cursor"].as_str().unwrap();
    assert_bad_cursor("", other).await;
}

#[tokio::test]
async fn a_cursor_of_another_ordering_is_refused() {
    let ordering = |order: &str| format!("orderBy: [{order}]");
    let orders = [
        "{ name: ASC }",
        "{ name: DESC }",
        "{ name: ASC_NULLS_FIRST }",
        "{ slug: ASC }",
        "{ name: ASC }, { slug: ASC }",
    ];
    for own in orders {
        for other in orders.iter().filter(|other| **other != own) {
            assert_bad_cursor(&ordering(own), &cursor_of(&ordering(other)).await).await;
        }
        assert_bad_cursor(&ordering(own), &cursor_of("").await).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_role_is_refused() {
    let app = TestApp::shared().await;
    let actors = [
        app.anonymous(),
        app.customer("ada").await,
        app.staff().await,
        app.admin().await,
    ];
    for minting in &actors {
        let data = minting
            .query("{ products(first: 1) { edges { cursor } } }")
            .await
            .data();
        let cursor = data["products"]["edges"][0]["cursor"].as_str().unwrap();
        let query = format!("{{ products(after: \"{cursor}\") {{ totalCount }} }}");
        for using in &actors {
            let reply = using.query(&query).await;
            if using.requester == minting.requester {
                assert!(reply.data().is_object());
            } else {
                assert_eq!(
                    refused(&query, &reply)[0]["extensions"]["code"],
                    "INVALID_CURSOR"
                );
            }
        }
    }
}

/// What a hand could write into a cursor in place of the first value.
async fn forged(order: &str, values: &[&str]) -> Vec<String> {
    let cursor = cursor_of(order).await;
    let parts: Vec<_> = cursor.split('.').collect();
    values
        .iter()
        .map(|value| format!("{}.{value}.{}", parts[0], parts[2]))
        .collect()
}

#[tokio::test]
async fn a_cursor_with_a_value_of_another_kind_is_refused() {
    let long = "9".repeat(100);
    let order = "orderBy: [{ priceCents: ASC }]";
    for cursor in forged(
        order,
        &[
            "-",
            "",
            "x",
            "1.5",
            "1e3",
            " 1",
            "0x1",
            "9223372036854775808",
            &long,
        ],
    )
    .await
    {
        assert_bad_cursor(order, &cursor).await;
    }
    let nonsense = [
        hex("yesterday"),
        hex("2025-13-01T00:00:00Z"),
        hex(""),
        "zz".to_owned(),
        "abc".to_owned(),
        "-".to_owned(),
    ];
    let nonsense: Vec<_> = nonsense.iter().map(String::as_str).collect();
    for cursor in forged("", &nonsense).await {
        assert_bad_cursor("", &cursor).await;
    }
    let order = "orderBy: [{ description: ASC }]";
    for cursor in forged(order, &["ff", "c3", "00", &hex("a\0b"), "eda080"]).await {
        assert_bad_cursor(order, &cursor).await;
    }
    let order = "orderBy: [{ status: ASC }]";
    for cursor in forged(order, &[&hex("NONSENSE"), &hex("active"), &hex("")]).await {
        assert_bad_cursor(order, &cursor).await;
    }
}

#[tokio::test]
async fn a_cursor_has_one_spelling() {
    let cursor = cursor_of("").await;
    let parts: Vec<_> = cursor.split('.').collect();
    for other in [
        format!("{}.{}.{}", parts[0], parts[1].to_uppercase(), parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].to_uppercase()),
    ] {
        assert_ne!(other, cursor);
        assert_bad_cursor("", &other).await;
    }
    for moment in [
        "2025-01-01T00:00:00Z",
        "2025-01-01T00:00:00.000000+00:00",
        "2025-01-01T05:00:00.000000+05:00",
        "0000-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.000000-23:59",
        "2016-12-31T23:59:60.000000Z",
    ] {
        for cursor in forged("", &[&hex(moment)]).await {
            assert_bad_cursor("", &cursor).await;
        }
    }
    let order = "orderBy: [{ priceCents: ASC }]";
    for cursor in forged(order, &["+5", "05", "-0"]).await {
        assert_bad_cursor(order, &cursor).await;
    }
}
