//! The recipe for an index on a path within JSON, as `docs/reading.md` gives
//! it.

use std::sync::Arc;

use purser::access::{Role, everyone};
use purser::auth::Identity;
use purser::catalog::{Catalog, expose};
use purser::graphql::{Aside, Engine, GraphqlRequest, Limits};
use purser::sql::Dialect;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use crate::app::TestApp;
use crate::documents::{blocks, read};

/// Products with the column that the recipe adds.
mod weighed {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "products", comment = "A product, by weight.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(indexed, comment = "What it weighs, in grams.")]
        pub weight_g: Option<f64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What an engine answers, with what it tells about itself.
async fn answer(engine: &Engine, query: &str) -> (Value, Value) {
    let request = GraphqlRequest {
        query,
        aside: Aside {
            explain: true,
            preview: false,
            cost: false,
        },
        ..GraphqlRequest::default()
    };
    let answer = engine
        .answer(request, Identity::ANONYMOUS, &Arc::default())
        .await;
    let errors: Vec<_> = answer.errors.iter().map(|one| one.to_json(None)).collect();
    assert!(errors.is_empty(), "{query}: {errors:#?}");
    let data = serde_json::from_slice(&answer.data.unwrap()).unwrap();
    (data, answer.extensions["explain"].clone())
}

#[tokio::test]
async fn a_column_that_is_computed_from_a_path_is_filtered_sorted_and_indexed() {
    let document = read("docs/reading.md");
    for app in TestApp::on_every_database_of(2).await {
        let dialect = app.database().dialect();
        let language = match dialect {
            Dialect::Sqlite => "sql sqlite",
            Dialect::Postgres => "sql postgres",
            Dialect::Mariadb => "sql mariadb",
        };
        let [recipe] = blocks(&document, language).try_into().unwrap();
        for statement in recipe.split(";\n") {
            let statement = statement.trim_end_matches(';');
            let done = app.database().orm().execute_unprepared(statement).await;
            done.unwrap_or_else(|error| panic!("{dialect}: {statement}: {error}"));
        }
        let declaration = expose::<weighed::Entity>("Product")
            .read(everyone())
            .fields([weighed::Column::Id, weighed::Column::WeightG])
            .ascending(weighed::Column::WeightG)
            .done();
        let catalog = Arc::new(Catalog::new(vec![declaration]).unwrap());
        let engine = app
            .engine(catalog, Limits::default())
            .explaining_to(Role::Anonymous);

        // The path, as staff see it, says the same of all products.
        let staff = app.staff().await;
        let page = "first: 50, filter: { %: { gte: 400.5, lt: 9000 } }, orderBy: { # }";
        let by_path = page
            .replace("%: {", "attributes: { path: \"weight_g\", number: {")
            .replace("} }, orderBy", "} } }, orderBy")
            .replace('#', "attributes: { path: \"weight_g\", number: DESC }");
        let by_column = page.replace('%', "weightG").replace('#', "weightG: DESC");
        let expected = staff
            .query(&format!(
                "{{ products({by_path}) {{ totalCount nodes {{ id weightG: attributes(path: \"weight_g\") }} }} }}"
            ))
            .await
            .data();
        let query = format!(
            "{{ products({by_column}) {{ totalCount nodes {{ id weightG }} pageInfo {{ endCursor }} }} }}"
        );
        let (found, _) = answer(&engine, &query).await;
        assert_eq!(weights(&found), weights(&expected), "{dialect}");
        assert_eq!(weights(&found).1.len(), 50);

        // The next page begins where the first one ended, by the index.
        let cursor = &found["products"]["pageInfo"]["endCursor"];
        let (next, explained) = answer(
            &engine,
            &format!("{{ products({by_column}, after: {cursor}) {{ nodes {{ id weightG }} }} }}"),
        )
        .await;
        let last = weights(&found).1[49].1;
        assert!(weights(&next).1.iter().all(|(_, weight)| *weight <= last));
        let seen: Vec<_> = weights(&found).1.into_iter().map(|(id, _)| id).collect();
        assert!(weights(&next).1.iter().all(|(id, _)| !seen.contains(id)));
        let plan = explained[0]["plan"].to_string();
        assert!(
            plan.contains("products_weight_g_id_idx"),
            "{dialect}: {plan}"
        );
        app.remove().await;
    }
}

/// How many rows there are, and ids with weights of those on the page.
fn weights(data: &Value) -> (u64, Vec<(String, f64)>) {
    let nodes = data["products"]["nodes"].as_array().unwrap().iter();
    let rows = nodes.map(|node| {
        let id = node["id"].as_str().unwrap().to_owned();
        (id, node["weightG"].as_f64().unwrap())
    });
    let count = data["products"]["totalCount"].as_u64().unwrap_or_default();
    (count, rows.collect())
}
