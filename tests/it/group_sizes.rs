//! Statistics over few rows are not told where a declaration says so, however
//! they are asked for. Who may see all of them says what they would be.

use std::sync::Arc;

use entity::{category, order_item, product, review};
use purser::access::{Role, everyone};
use purser::auth::Requester;
use purser::catalog::{Catalog, expose};
use purser::graphql::{Engine, GraphqlRequest, Limits, Printed};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;

/// The least size of groups of reviews, for customers and those below.
const LEAST: u64 = 4;

const CUSTOMER: Requester = Requester::User {
    id: Uuid::nil(),
    role: Role::Customer,
};
const STAFF: Requester = Requester::User {
    id: Uuid::nil(),
    role: Role::Staff,
};

fn catalog() -> Catalog {
    Catalog::new(vec![
        expose::<category::Entity>("Category")
            .read(everyone())
            .fields([category::Column::Id, category::Column::Name])
            .relations([category::Relation::Products])
            .done(),
        expose::<product::Entity>("Product")
            .read(everyone())
            .fields([
                product::Column::Id,
                product::Column::Name,
                product::Column::PriceCents,
            ])
            .relations([product::Relation::Category, product::Relation::Reviews])
            .min_group_size(Role::Customer, 2)
            .done(),
        expose::<review::Entity>("Review")
            .read(everyone())
            .fields([
                review::Column::Id,
                review::Column::Rating,
                review::Column::CreatedAt,
            ])
            .relations([review::Relation::Product])
            .min_group_size(Role::Customer, u32::try_from(LEAST).unwrap())
            .min_group_size(Role::Anonymous, 1000)
            .done(),
        expose::<order_item::Entity>("OrderItem")
            .read(everyone())
            .fields([order_item::Column::Id, order_item::Column::CreatedAt])
            .relations([order_item::Relation::Product])
            .done(),
    ])
    .unwrap()
}

struct Shop {
    app: TestApp,
    engine: Engine,
}

impl Shop {
    async fn on_every_database() -> Vec<Self> {
        let apps = TestApp::on_every_database().await;
        apps.into_iter()
            .map(|app| {
                let engine = app.engine(Arc::new(catalog()), Limits::default());
                Self { app, engine }
            })
            .collect()
    }

    async fn ask(&self, requester: Requester, query: &str) -> Value {
        let request = GraphqlRequest {
            query,
            ..GraphqlRequest::default()
        };
        let answer = self
            .engine
            .answer(request, requester.into(), &Arc::default())
            .await;
        let errors: Vec<_> = answer.errors.iter().map(|one| one.to_json(None)).collect();
        let dialect = self.app.database().dialect();
        assert!(errors.is_empty(), "{dialect}: {query}: {errors:#?}");
        serde_json::from_slice(&answer.data.unwrap()).unwrap()
    }

    /// What staff and what customers get.
    async fn both(&self, query: &str) -> [Value; 2] {
        [
            self.ask(STAFF, query).await,
            self.ask(CUSTOMER, query).await,
        ]
    }
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).unwrap()
}

fn count(value: &Value) -> u64 {
    value["count"].as_u64().unwrap()
}

#[tokio::test]
async fn small_groups_are_left_out_and_nothing_else_tells_of_them() {
    for shop in Shop::on_every_database().await {
        let by_product = "{ reviewGroups(first: 1000, by: [{ product: { rowId: VALUE } }]) { \
            nodes { key { product { rowId } } count rating { avg mode stddev } } totalCount \
            summary { count { sum min count } } totals { count } } }";
        let [all, told] = shop.both(by_product).await;
        let of_all = list(&all, "/reviewGroups/nodes");
        let large: Vec<_> = of_all
            .iter()
            .filter(|group| count(group) >= LEAST)
            .collect();
        let small = of_all.len() - large.len();
        assert!(small > 10 && large.len() > 10, "{small} {}", large.len());
        let of_told = list(&told, "/reviewGroups/nodes");
        assert_eq!(of_told.iter().collect::<Vec<_>>(), large);
        let told = &told["reviewGroups"];
        assert_eq!(told["totalCount"], large.len());
        let summary = &told["summary"]["count"];
        let sum: u64 = large.iter().map(|group| count(group)).sum();
        assert_eq!(summary["sum"], sum);
        assert_eq!(summary["count"], large.len());
        assert!(summary["min"].as_u64().unwrap() >= LEAST);
        // All of them less those that are told would be the others.
        assert!(told["totals"].is_null());
        assert!(!all["reviewGroups"]["totals"].is_null());
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn totals_are_told_where_no_group_is_left_out() {
    for shop in Shop::on_every_database().await {
        let by_rating = "{ reviewGroups(by: [{ rating: {} }]) { nodes { count share { count } } \
            totals { count rating { avg } } } \
            products(first: 3) { nodes { reviewGroups(by: [{ rating: {} }]) { nodes { count } \
            totals { count } } } } }";
        let [all, told] = shop.both(by_rating).await;
        assert_eq!(all["reviewGroups"], told["reviewGroups"]);
        let products = list(&all, "/products/nodes").iter();
        for (all, told) in products.zip(list(&told, "/products/nodes")) {
            let groups = list(all, "/reviewGroups/nodes");
            let large = groups.iter().filter(|group| count(group) >= LEAST);
            let large: Vec<_> = large.collect();
            let of_told = list(told, "/reviewGroups/nodes");
            assert_eq!(of_told.iter().collect::<Vec<_>>(), large);
            let total: u64 = groups.iter().map(count).sum();
            let totals = &told["reviewGroups"]["totals"];
            let is_whole = large.len() == groups.len() && total >= LEAST;
            assert_eq!(totals.is_null(), !is_whole, "{told}");
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn statistics_over_few_rows_are_null() {
    for shop in Shop::on_every_database().await {
        let per_product = "{ products(first: 100) { nodes { id reviewAggregate { count \
            rating { avg } matching(filter: { rating: { gte: 4 } }) { count } } } } }";
        let [all, told] = shop.both(per_product).await;
        let mut seen = [0; 3];
        let products = list(&all, "/products/nodes").iter();
        for (all, told) in products.zip(list(&told, "/products/nodes")) {
            let (all, told) = (&all["reviewAggregate"], &told["reviewAggregate"]);
            if count(all) < LEAST {
                assert!(told.is_null(), "{told}");
                seen[0] += 1;
                continue;
            }
            assert_eq!(all["rating"], told["rating"]);
            let matching = count(&all["matching"]);
            let others = count(all) - matching;
            if matching >= LEAST && (others == 0 || others >= LEAST) {
                assert_eq!(all["matching"], told["matching"]);
                seen[1] += 1;
            } else {
                assert!(told["matching"].is_null(), "{told}");
                seen[2] += 1;
            }
        }
        assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn conditions_and_orders_know_nothing_of_few_rows() {
    for shop in Shop::on_every_database().await {
        let few = "{ products(filter: { reviewAggregate: { count: { lt: 4 } } }) { totalCount } }";
        let [all, told] = shop.both(few).await;
        assert!(all["products"]["totalCount"].as_u64().unwrap() > 0);
        assert_eq!(told["products"]["totalCount"], 0);
        // They come first, whatever they are, and among themselves by their ids.
        let sorted = "{ products(first: 100, orderBy: [{ reviewAggregate: { count: \
            DESC_NULLS_FIRST } }, { id: ASC }]) { edges { cursor node { id } } } }";
        let told = shop.ask(CUSTOMER, sorted).await;
        let few = all["products"]["totalCount"].as_u64().unwrap().min(100);
        let edges = &list(&told, "/products/edges")[..usize::try_from(few).unwrap()];
        let ids = edges
            .iter()
            .map(|edge| edge["node"]["id"].as_str().unwrap());
        assert!(edges.len() > 10 && ids.is_sorted());
        for edge in edges {
            let cursor = edge["cursor"].as_str().unwrap();
            assert_eq!(cursor.split('.').nth(1), Some("-"), "{cursor}");
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn statistics_over_related_rows_take_different_ones() {
    for shop in Shop::on_every_database().await {
        // Each group is of the reviews of one product.
        let query = "{ reviewGroups(by: [{ product: { rowId: VALUE } }], having: { product: { \
            priceCents: { avg: { gte: 0 } } } }) { totalCount } \
            all: reviewGroups(by: [{ product: { rowId: VALUE } }], orderBy: [{ product: { \
            priceCents: { avg: ASC } } }]) { nodes { product { priceCents { avg } } \
            share { product { count priceCents } } } \
            summary { product { priceCents { avg { max } } } } } \
            ratings: reviewGroups(by: [{ rating: {} }]) { nodes { product { priceCents { avg } } } } }";
        let [all, told] = shop.both(query).await;
        assert_ne!(all["reviewGroups"]["totalCount"], 0);
        assert_eq!(told["reviewGroups"]["totalCount"], 0);
        for group in list(&told, "/all/nodes") {
            let share = json!({ "product": { "count": null, "priceCents": null } });
            assert_eq!(*group, json!({ "product": null, "share": share }));
        }
        let summary = json!({ "product": { "priceCents": { "avg": { "max": null } } } });
        assert_eq!(told["all"]["summary"], summary);
        assert_eq!(told["ratings"], all["ratings"]);
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn totals_over_related_rows_are_told_where_each_group_tells_its_own() {
    for shop in Shop::on_every_database().await {
        let groups = |filter: &str, by: &str| {
            format!(
                "{{ orderItemGroups(first: 1000, filter: {{ createdAt: {{ {filter} }} }}, by: [{by}]) \
                 {{ nodes {{ product {{ priceCents {{ sum }} }} }} totals {{ count product {{ \
                 priceCents {{ sum }} }} }} }} }}"
            )
        };
        let mut seen = [0; 2];
        for (filter, by) in [
            (
                "gte: \"2024-01-01T00:00:00Z\", lt: \"2024-01-08T00:00:00Z\"",
                "{ createdAt: { unit: HOUR } }",
            ),
            (
                "gte: \"2024-01-01T00:00:00Z\", lt: \"2024-03-01T00:00:00Z\"",
                "{ createdAt: { unit: MONTH } }",
            ),
            (
                "gte: \"2024-01-01T00:00:00Z\", lt: \"2024-03-01T00:00:00Z\"",
                "{ product: { rowId: VALUE } }",
            ),
        ] {
            let [all, told] = shop.both(&groups(filter, by)).await;
            let (all, told) = (&all["orderItemGroups"], &told["orderItemGroups"]);
            assert_eq!(all["totals"]["count"], told["totals"]["count"]);
            let nodes = list(told, "/nodes");
            assert_eq!(nodes.len(), list(all, "/nodes").len());
            if nodes.iter().all(|group| !group["product"].is_null()) {
                assert_eq!(all["totals"], told["totals"]);
                seen[0] += 1;
            } else {
                assert!(told["totals"]["product"].is_null(), "{told}");
                assert!(!all["totals"]["product"].is_null());
                seen[1] += 1;
            }
        }
        assert!(seen[0] > 0 && seen[1] > 1, "{seen:?}");
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn statistics_over_what_a_part_refers_to_are_told_where_the_rest_could_be() {
    for shop in Shop::on_every_database().await {
        let ordered = "{ orderItemGroups(first: 2, by: [{ product: { rowId: VALUE } }]) { nodes { \
            key { product { rowId } } } } }";
        let ordered = shop.ask(STAFF, ordered).await;
        let ids: Vec<_> = list(&ordered, "/orderItemGroups/nodes")
            .iter()
            .map(|group| group["key"]["product"]["rowId"].as_str().unwrap())
            .collect();
        // All products but one, and all but two.
        let except = |ids: &[&str]| {
            format!(
                "{{ orderItemAggregate {{ matching(filter: {{ product: {{ id: {{ notIn: {} }} }} }}) \
                 {{ count product {{ priceCents {{ sum }} }} matching(filter: {{ id: {{ isNull: \
                 false }} }}) {{ product {{ priceCents {{ sum }} }} }} }} product {{ priceCents {{ \
                 sum }} }} }} }}",
                json!(ids)
            )
        };
        for (ids, is_told) in [(&ids[..1], false), (&ids[..], true)] {
            let [all, told] = shop.both(&except(ids)).await;
            let (all, told) = (&all["orderItemAggregate"], &told["orderItemAggregate"]);
            assert_eq!(all["product"], told["product"]);
            assert_eq!(all["matching"]["count"], told["matching"]["count"]);
            if is_told {
                assert_eq!(all["matching"], told["matching"]);
            } else {
                assert!(told["matching"]["product"].is_null(), "{told}");
                assert!(told["matching"]["matching"]["product"].is_null(), "{told}");
            }
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn shares_are_of_groups_that_are_told() {
    for shop in Shop::on_every_database().await {
        // Of a price there may be one product with many reviews.
        let query = "{ reviewGroups(first: 1000, by: [{ product: { priceCents: { width: 2000 } } \
            }]) { nodes { share { product { count priceCents \
            } } } } }";
        let [all, told] = shop.both(query).await;
        let shares = |groups: &Value, of: &str| -> Vec<Option<f64>> {
            let groups = list(groups, "/reviewGroups/nodes").iter();
            groups
                .map(|group| group["share"]["product"][of].as_f64())
                .collect()
        };
        for of in ["count", "priceCents"] {
            assert!(shares(&all, of).iter().all(Option::is_some));
            let told = shares(&told, of);
            let known: Vec<f64> = told.iter().copied().flatten().collect();
            assert!(known.len() > 1 && known.len() < told.len(), "{told:?}");
            // Were they parts of more, they would tell how much the others are.
            assert!((known.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{told:?}");
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn of_the_group_before_no_more_is_told_than_of_itself() {
    for shop in Shop::on_every_database().await {
        let figures = "count product { rowId { countDistinct } priceCents { sum } }";
        let query = format!(
            "{{ orderItemGroups(first: 1000, filter: {{ createdAt: {{ gte: \
             \"2024-01-01T00:00:00Z\", lt: \"2024-01-08T00:00:00Z\" }} }}, by: [{{ createdAt: {{ \
             unit: HOUR, fill: true }} }}]) {{ nodes {{ {figures} previous {{ {figures} }} }} }} }}"
        );
        let [all, told] = shop.both(&query).await;
        let all = list(&all, "/orderItemGroups/nodes");
        let told = list(&told, "/orderItemGroups/nodes");
        let tells = |hour: &Value| hour["product"]["rowId"]["countDistinct"].as_u64() >= Some(2);
        let hidden = all.iter().filter(|hour| count(hour) > 0 && !tells(hour));
        assert!(hidden.count() > 1 && all.iter().filter(|hour| tells(hour)).count() > 1);
        assert_eq!(all.len(), told.len());
        for (place, hour) in all.iter().enumerate() {
            let mut of_hour = hour.clone();
            if !tells(hour) {
                of_hour["product"] = Value::Null;
            }
            for one in ["count", "product"] {
                assert_eq!(told[place][one], of_hour[one]);
                if let Some(next) = told.get(place + 1) {
                    assert_eq!(next["previous"][one], of_hour[one]);
                }
            }
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn facets_tell_no_small_counts() {
    for shop in Shop::on_every_database().await {
        let query = "{ reviews(filter: { createdAt: { lt: \"2023-03-01T00:00:00Z\" } }) { facets { \
            product(first: 100) { value { id } count } } } }";
        let [all, told] = shop.both(query).await;
        let all = list(&all, "/reviews/facets/product");
        let large = all.iter().filter(|one| count(one) >= LEAST);
        let told = list(&told, "/reviews/facets/product");
        assert!(all.len() > told.len());
        assert_eq!(told.iter().collect::<Vec<_>>(), large.collect::<Vec<_>>());
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn the_greatest_size_for_a_role_counts() {
    for shop in Shop::on_every_database().await {
        let query = "{ reviewAggregate(filter: { createdAt: { lt: \"2023-03-01T00:00:00Z\" } }) { \
            count } }";
        let [all, told] = shop.both(query).await;
        assert_eq!(all, told);
        let anonymous = shop.ask(Requester::Anonymous, query).await;
        assert_eq!(anonymous, json!({ "reviewAggregate": null }));
        shop.app.remove().await;
    }
}

#[test]
fn a_schema_says_where_statistics_may_be_null() {
    for (role, end) in [(Role::Customer, "\n"), (Role::Staff, "!\n")] {
        let Printed(schema) = Printed::new(&catalog(), &[], role).unwrap();
        for field in ["  reviewAggregate(", "  matching(", "  totals: "] {
            let types = schema.split(field).skip(1).map(|rest| {
                let of = rest.find("ReviewAggregate").map(|at| &rest[at + 15..]);
                of.is_some_and(|of| of.starts_with(end))
            });
            assert!(
                types.into_iter().any(|nullable| nullable),
                "{role}: {field}"
            );
        }
    }
}

#[tokio::test]
async fn empty_groups_cannot_be_filled_in_beside_small_ones() {
    let app = TestApp::shared().await;
    let engine = app.engine(Arc::new(catalog()), Limits::default());
    let request = GraphqlRequest {
        query: "{ reviewGroups(by: [{ createdAt: { unit: MONTH, fill: true } }], filter: { \
                createdAt: { gte: \"2023-01-01T00:00:00Z\", lt: \"2024-01-01T00:00:00Z\" } }) { \
                totalCount } }",
        ..GraphqlRequest::default()
    };
    let answer = engine
        .answer(request, CUSTOMER.into(), &Arc::default())
        .await;
    let error = answer.errors[0].to_json(None);
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(error["extensions"]["argument"], "by.0.createdAt.fill");
}
