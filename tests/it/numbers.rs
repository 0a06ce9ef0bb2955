//! Numbers in documents that JSON can say and doubles cannot.

use entity::product;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::json;

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
