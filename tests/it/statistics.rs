//! Statistics that come to more than can be told.

use entity::{category, product};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, Set,
};
use serde_json::Value;

use super::app::TestApp;

/// Places where a statistic of products may stand.
const PLACES: [&str; 11] = [
    "{ productAggregate { # } }",
    "{ productGroups(by: [{ currency: VALUE }]) { nodes { # } } }",
    "{ productGroups(by: [{ currency: VALUE }]) { edges { node { key { currency } # } } } }",
    "{ productGroups(by: [{ currency: VALUE }]) { totals { # } } }",
    "{ productGroups(by: [{ createdAt: { unit: YEAR, timeZone: \"Asia/Kolkata\" } }]) { nodes { # } } }",
    "{ productGroups(by: [{ createdAt: { unit: YEAR, fill: true } }], filter: { createdAt: { gte: \"2000-01-01T00:00:00Z\", lt: \"2030-01-01T00:00:00Z\" } }) { nodes { # } } }",
    "{ productGroups(by: [{ createdAt: { unit: YEAR, fill: true } }], filter: { createdAt: { gte: \"2000-01-01T00:00:00Z\", lt: \"2030-01-01T00:00:00Z\" } }) { nodes { previous { # } } } }",
    "{ reviewAggregate { product { # } } }",
    "{ categories(first: 1, filter: { slug: { eq: \"@\" } }) { nodes { productAggregate { # } } } }",
    "{ categories(first: 1, filter: { slug: { eq: \"@\" } }) { nodes { productGroups(by: [{ currency: VALUE }]) { nodes { # } } } } }",
    "{ categories(first: 1, filter: { slug: { eq: \"@\" } }) { nodes { productGroups(by: [{ currency: VALUE }]) { totals { # } } } } }",
];

/// Places where something of groups may stand.
const PLACES_OF_GROUPS: [&str; 3] = [
    "{ productGroups(by: [{ currency: VALUE }]) { nodes { # } } }",
    "{ productGroups(by: [{ createdAt: { unit: YEAR, fill: true } }], filter: { createdAt: { gte: \"2000-01-01T00:00:00Z\", lt: \"2030-01-01T00:00:00Z\" } }) { nodes { # } } }",
    "{ categories(first: 1, filter: { slug: { eq: \"@\" } }) { nodes { productGroups(by: [{ currency: VALUE }]) { nodes { # } } } } }",
];

/// The largest integer that is told exactly everywhere.
const LARGEST: &str = "9007199254740991";

/// Statistics of numbers in documents that are computed from all of them.
const OF_FLOATS: [&str; 6] = [
    "sum",
    "avg",
    "variance",
    "stddev",
    "median",
    "percentile(p: 0.25)",
];

/// The code of the only error of an answer, and that there is no data with it.
#[track_caller]
fn code(answer: &Value) -> &str {
    assert!(answer["data"].is_null(), "{answer:#}");
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer:#}");
    errors[0]["extensions"]["code"].as_str().unwrap()
}

/// Changes a column of all active products of a category, and gives its slug.
async fn change(app: &TestApp, column: product::Column, value: &str) -> String {
    let orm = app.database().orm();
    let is_active = product::Column::Status.eq(product::Status::Active);
    let all = product::Entity::find().filter(is_active.clone());
    let one = all.order_by_asc(product::Column::Id).one(orm).await;
    let one = one.unwrap().unwrap();
    let changed = product::Entity::update_many()
        .col_expr(column, Expr::cust(value.to_owned()))
        .filter(product::Column::CategoryId.eq(one.category_id))
        .filter(is_active)
        .exec(orm)
        .await
        .unwrap();
    assert!(changed.rows_affected > 1);
    let category = category::Entity::find_by_id(one.category_id);
    category.one(orm).await.unwrap().unwrap().slug
}

async fn assert_out_of_range(app: &TestApp, place: &str, slug: &str, statistic: &str) {
    let query = place.replace('#', statistic).replace('@', slug);
    let answer = app.anonymous().query(&query).await.json();
    let dialect = app.database().dialect();
    assert_eq!(
        code(&answer),
        "OUT_OF_RANGE",
        "{dialect}: {query}: {answer}"
    );
}

#[tokio::test]
async fn sums_of_integers_that_are_not_exact_are_refused() {
    for app in TestApp::on_every_database().await {
        let slug = change(&app, product::Column::PriceCents, LARGEST).await;
        for place in PLACES {
            assert_out_of_range(&app, place, &slug, "priceCents { sum }").await;
        }
        for place in PLACES_OF_GROUPS {
            assert_out_of_range(&app, place, &slug, "share { priceCents }").await;
        }
        for query in [
            "{ productGroups(by: [{ currency: VALUE }], having: { priceCents: { sum: { gt: 0 } } }) { totalCount } }",
            "{ productGroups(by: [{ currency: VALUE }], orderBy: [{ priceCents: { sum: ASC } }]) { nodes { count } } }",
            "{ productGroups(by: [{ currency: VALUE }]) { summary { priceCents { sum { max } } } } }",
        ] {
            assert_out_of_range(&app, query, &slug, "").await;
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn integers_up_to_the_largest_exact_one_are_added_up() {
    for app in TestApp::on_every_database().await {
        let orm = app.database().orm();
        // All but one of them are nothing.
        let all = product::Entity::update_many();
        let zero = all.col_expr(product::Column::PriceCents, Expr::cust("0"));
        zero.exec(orm).await.unwrap();
        let is_active = product::Column::Status.eq(product::Status::Active);
        let one = product::Entity::find().filter(is_active).one(orm).await;
        let mut one = one.unwrap().unwrap().into_active_model();
        let largest: i64 = LARGEST.parse().unwrap();
        one.price_cents = Set(largest);
        let one = one.update(orm).await.unwrap();
        let query = "{ productAggregate { priceCents { sum } } \
                     productGroups(by: [{ rowId: VALUE }], orderBy: [{ priceCents: { sum: DESC } }], \
                     first: 1) { nodes { key { rowId } priceCents { sum } } } }";
        let data = app.anonymous().query(query).await.data();
        let dialect = app.database().dialect();
        assert_eq!(
            data["productAggregate"]["priceCents"]["sum"], largest,
            "{dialect}"
        );
        let group = &data["productGroups"]["nodes"][0];
        assert_eq!(group["priceCents"]["sum"], largest, "{dialect}");
        let id = format!("product_{}", one.id.simple());
        assert_eq!(group["key"]["rowId"], id, "{dialect}");
        app.remove().await;
    }
}

#[tokio::test]
async fn numbers_in_documents_that_are_too_large_to_be_added_up_are_refused() {
    for app in TestApp::on_every_database().await {
        for number in ["1.5e100", "-1.796e308"] {
            let document = format!("'{{\"n\": {number}}}'");
            let slug = change(&app, product::Column::Attributes, &document).await;
            let of = |statistic| format!("attributes(path: \"n\") {{ number {{ {statistic} }} }}");
            for place in PLACES {
                assert_out_of_range(&app, place, &slug, &of("sum")).await;
            }
            for place in PLACES_OF_GROUPS.into_iter().chain([PLACES[0]]) {
                for statistic in OF_FLOATS {
                    assert_out_of_range(&app, place, &slug, &of(statistic)).await;
                }
            }
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn numbers_in_documents_that_are_just_not_too_large_are_told() {
    for app in TestApp::on_every_database().await {
        change(&app, product::Column::Attributes, "'{\"n\": 1e100}'").await;
        let query = "{ productAggregate { attributes(path: \"n\") { \
                     number { min max mode median avg } } } }";
        let data = app.anonymous().query(query).await.data();
        let dialect = app.database().dialect();
        let numbers = data["productAggregate"]["attributes"]["number"]
            .as_object()
            .unwrap();
        for (statistic, number) in numbers {
            let number = number.as_f64().unwrap();
            assert!(
                (number / 1e100 - 1.0).abs() < 1e-9,
                "{dialect}: {statistic} is {number}"
            );
        }
        // What is not computed from all of them is told however large it is.
        change(&app, product::Column::Attributes, "'{\"n\": 1e300}'").await;
        let query =
            "{ productAggregate { attributes(path: \"n\") { number { min max mode count } } } }";
        let data = app.anonymous().query(query).await.data();
        let number = &data["productAggregate"]["attributes"]["number"];
        for statistic in ["min", "max", "mode"] {
            let number = number[statistic].as_f64().unwrap();
            assert!((number / 1e300 - 1.0).abs() < 1e-12, "{dialect}: {number}");
        }
        app.remove().await;
    }
}

/// What databases do not compute in one statement is refused before it is
/// tried; just below that it is computed.
#[tokio::test]
async fn more_than_databases_compute_at_once_is_refused() {
    let each = |count: usize, member: &str| -> String {
        let numbers = (0..count).map(|number| member.replace('#', &number.to_string()));
        numbers.collect::<Vec<_>>().join(" ")
    };
    let joined = |count| {
        let filter = "{ category: { slug: { ne: \"x#\" } } }";
        let members = each(
            count,
            &format!("m#: matching(filter: {filter}) {{ count }}"),
        );
        format!("{{ productAggregate {{ {members} }} }}")
    };
    let computed = |count| {
        let measures = "{ priceCents { min max avg variance } }";
        let filter = "{ stock: { gt: # } }";
        let members = each(count, &format!("m#: matching(filter: {filter}) {measures}"));
        let by = "[{ status: VALUE }]";
        format!("{{ productGroups(by: {by}) {{ nodes {{ {members} }} }} }}")
    };
    for app in TestApp::on_every_database().await {
        let dialect = app.database().dialect();
        let staff = app.actor("staff").await;
        for query in [joined(40), computed(100)] {
            staff.query(&query).await.data();
        }
        for (query, what) in [
            (joined(41), "more than 40 tables joined for statistics"),
            (
                computed(101),
                "more than 400 statistics of groups under one field",
            ),
        ] {
            let answer = staff.query(&query).await.json();
            assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{dialect}: {what}");
            let message = answer["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(what), "{dialect}: {message}");
        }
        app.remove().await;
    }
}
