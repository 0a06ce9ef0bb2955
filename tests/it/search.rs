//! What a word is, in texts that the shop does not have.

use entity::product;
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, Set};
use serde_json::{Value, json};

use super::app::TestApp;

/// Texts, a word to search for, and whether it is found.
const TEXTS: [(&str, &str, bool); 19] = [
    ("love it\u{1f970}", "it", true),
    ("love\u{1fae1}it", "love", true),
    ("\u{1f914}hmm", "hmm", true),
    ("a\u{1f469}\u{200d}\u{1f680}b", "a", true),
    // The accent is a character of its own here.
    ("cafe\u{301} noir", "cafe", true),
    ("cafe\u{301} noir", "caf\u{e9}", false),
    ("re\u{301}sume\u{301}", "sume", true),
    ("na\u{308}\u{331}ve", "ve", true),
    ("caf\u{e9} noir", "caf\u{e9}", true),
    ("snake_case", "case", true),
    ("x\u{2011}ray", "ray", true),
    ("10\u{20ac}off", "off", true),
    (
        "\u{ff11}\u{ff12}\u{3001}\u{6771}\u{4eac}",
        "\u{6771}\u{4eac}",
        true,
    ),
    ("price 500\u{20bd} only", "500", true),
    ("size 5 \u{b5}F cap", "\u{3bc}f", true),
    ("size 5 \u{3bc}F cap", "\u{b5}F", true),
    // A capital of newer Unicode.
    ("\u{4c0} \u{4c0}\u{430}", "\u{4cf}\u{430}", true),
    ("\u{23a}bc", "\u{2c65}BC", true),
    ("whole", "who", false),
];

#[tokio::test]
async fn words_end_where_letters_and_digits_do() {
    let apps = TestApp::on_every_database().await;
    join_all(apps.into_iter().map(async |app| {
        let orm = app.database().orm();
        let product = product::Entity::find().one(orm).await.unwrap().unwrap();
        for (text, word, found) in TEXTS {
            let mut changed = product.clone().into_active_model();
            changed.name = Set(text.to_owned());
            changed.description = Set(None);
            changed.status = Set(product::Status::Active);
            changed.update(orm).await.unwrap();
            let query = "query ($search: String, $name: String) { \
                         products(search: $search, filter: { name: { eq: $name } }) { \
                         nodes { name } } }";
            let variables = json!({ "search": word, "name": text });
            let data = app.anonymous().query_with(query, variables).await.data();
            let names: Vec<_> = data["products"]["nodes"].as_array().unwrap().clone();
            let expected: &[Value] = if found {
                &[json!({ "name": text })]
            } else {
                &[]
            };
            let dialect = app.database().dialect();
            assert_eq!(names, expected, "{dialect}: {word:?} in {text:?}");
        }
        app.remove().await;
    }))
    .await;
}
