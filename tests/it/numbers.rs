//! Numbers in documents that JSON can say and doubles cannot.

use entity::product;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};

use super::app::TestApp;

/// What stands in a document, a condition, and whether it is met.
const NUMBERS: [(&str, &str, bool); 10] = [
    // Nearer to zero than any double.
    ("1e-400", "lt: 1", true),
    ("1e-400", "gt: 0", false),
    ("-1e-400", "eq: 0", true),
    ("1.7e308", "gt: 1e308", true),
    ("1.796e308", "gt: 1e308", true),
    // Where doubles end, and beyond.
    ("1.797e308", "isNull: true", true),
    ("1e400", "isNull: true", true),
    ("-1e400", "isNull: true", true),
    ("-1e400", "lt: 0", false),
    ("123456789012345678901234567890", "gt: 1e29", true),
];

#[tokio::test]
async fn numbers_that_doubles_cannot_say_are_rounded() {
    for app in TestApp::on_every_database().await {
        let orm = app.database().orm();
        let product = product::Entity::find().one(orm).await.unwrap().unwrap();
        for (number, condition, met) in NUMBERS {
            let update = format!(
                "UPDATE products SET status = 'active', attributes = '{{\"n\": {number}}}' \
                 WHERE sku = '{}'",
                product.sku
            );
            orm.execute_unprepared(&update).await.unwrap();
            let query = format!(
                "{{ products(filter: {{ sku: {{ eq: \"{}\" }}, attributes: [\
                 {{ path: \"n\", number: {{ {condition} }} }}] }}, \
                 orderBy: [{{ attributes: {{ path: \"n\", number: ASC }} }}]) {{ totalCount }} }}",
                product.sku
            );
            let data = app.anonymous().query(&query).await.data();
            let count = json!(usize::from(met));
            let dialect = app.database().dialect();
            assert_eq!(
                data["products"]["totalCount"], count,
                "{dialect}: {number} {condition}"
            );
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn numbers_are_taken_to_the_last_digit() {
    // With more digits than its double needs, of which none may be missed.
    const NUMBER: &str = "0.022492514453209302";
    let update = "mutation($attributes: JSON) {
      updateProduct(by: { sku: \"ELE-000118\" }, patch: { attributes: $attributes }) {
        product { attributes }
      }
    }";
    let count = "query($number: Float) {
      products(filter: { attributes: [{ path: \"n\", number: { eq: $number } }] }) { totalCount }
    }";
    let with_number = |query: &str, variables: Value| {
        let body = json!({ "query": query, "variables": variables });
        body.to_string().replace("\"?\"", NUMBER)
    };
    let nearest: f64 = NUMBER.parse().unwrap();
    for app in TestApp::on_every_database().await {
        let dialect = app.database().dialect();
        let staff = app.staff().await;
        let reply = staff
            .post(with_number(update, json!({ "attributes": { "n": "?" } })))
            .await;
        let told = reply.data()["updateProduct"]["product"]["attributes"]["n"].as_f64();
        assert_eq!(told, Some(nearest), "{dialect}");
        let found = staff
            .post(with_number(count, json!({ "number": "?" })))
            .await
            .data();
        assert_eq!(found["products"]["totalCount"], 1, "{dialect}");
        app.remove().await;
    }
}
