//! Rows and values that are hidden.

use entity::{order, order_item, product, review, user};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Actor, TestApp};

/// Global ids as clients hold them.
fn global(prefix: &str, key: Uuid) -> String {
    format!("{prefix}_{}", key.simple())
}

/// Checks that a row cannot be told from one that never was, by any way to
/// name it.
async fn assert_no_such_row(actor: &Actor<'_>, prefix: &str, many: &str, key: Uuid) {
    let type_name = format!("{}{}", prefix[..1].to_uppercase(), &prefix[1..]);
    let query = format!(
        "query($id: ID!, $other: ID!) {{ \
           node(id: $id) {{ __typename id }} \
           nodes(ids: [$other, $id]) {{ __typename id }} \
           one: {prefix}(by: {{ id: $id }}) {{ id }} \
           eq: {many}(filter: {{ id: {{ eq: $id }} }}) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor }} }} \
           in: {many}(filter: {{ id: {{ in: [$other, $id] }} }}) {{ totalCount }} \
           or: {many}(filter: {{ or: [{{ id: {{ eq: $id }} }}, {{ id: {{ eq: $other }} }}] }}) {{ totalCount }} \
           ne: {many}(filter: {{ id: {{ ne: $id }} }}) {{ totalCount }} \
           notIn: {many}(filter: {{ id: {{ notIn: [$id] }} }}) {{ totalCount }} \
           not: {many}(filter: {{ not: {{ id: {{ eq: $id }} }} }}) {{ totalCount }} \
           twice: {many}(filter: {{ not: {{ not: {{ id: {{ eq: $id }} }} }} }}) {{ totalCount }} \
         }}"
    );
    let other = global(prefix, Uuid::now_v7());
    let ask = async |id: &str| {
        let reply = actor
            .query_with(&query, json!({ "id": id, "other": other }))
            .await;
        (reply.status, reply.data())
    };
    let hidden = ask(&global(prefix, key)).await;
    assert_eq!(
        hidden,
        ask(&global(prefix, Uuid::now_v7())).await,
        "{type_name} {key}"
    );
    assert_eq!(hidden.1["one"], Value::Null);
    assert_eq!(hidden.1["eq"]["totalCount"], 0);
}

/// Products that are not on sale.
pub(super) async fn hidden_products(app: &TestApp) -> Vec<product::Model> {
    let hidden = product::Entity::find()
        .filter(product::Column::Status.ne(product::Status::Active))
        .order_by_asc(product::Column::Id)
        .all(app.database().orm())
        .await
        .unwrap();
    for status in [product::Status::Draft, product::Status::Archived] {
        assert!(hidden.iter().any(|product| product.status == status));
    }
    hidden
}

pub(super) async fn user_named(app: &TestApp, name: &str) -> user::Model {
    user::Entity::find()
        .filter(user::Column::Email.eq(format!("{name}@example.com")))
        .one(app.database().orm())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn products_that_are_not_on_sale_cannot_be_named() {
    let app = TestApp::shared().await;
    let hidden = hidden_products(app).await;
    let draft = hidden
        .iter()
        .find(|product| product.status == product::Status::Draft)
        .unwrap();
    let archived = hidden
        .iter()
        .find(|product| product.status == product::Status::Archived)
        .unwrap();
    for actor in [app.anonymous(), app.customer("ada").await] {
        for product in [draft, archived] {
            assert_no_such_row(&actor, "product", "products", product.id).await;
            let query = "query($sku: String!, $slug: String!) { \
                sku: product(by: { sku: $sku }) { id } slug: product(by: { slug: $slug }) { id } \
                a: products(filter: { sku: { eq: $sku } }) { totalCount } \
                b: products(filter: { slug: { startsWith: $slug } }) { totalCount } \
                c: products(filter: { slug: { in: [$slug] } }) { totalCount } \
                d: products(filter: { and: [{ slug: { gte: $slug } }, { slug: { lte: $slug } }] }) { totalCount } }";
            let data = actor
                .query_with(query, json!({ "sku": product.sku, "slug": product.slug }))
                .await
                .data();
            let none = json!({ "totalCount": 0 });
            assert_eq!(
                data,
                json!({ "sku": null, "slug": null, "a": none, "b": none, "c": none, "d": none })
            );
        }
    }
    // Staff names them by the same words.
    assert_eq!(
        app.staff()
            .await
            .query(&format!(
                "{{ product(by: {{ sku: \"{}\" }}) {{ slug }} }}",
                draft.sku
            ))
            .await
            .data(),
        json!({ "product": { "slug": draft.slug } })
    );
}

#[tokio::test]
async fn products_that_are_not_on_sale_are_in_no_list_and_no_count() {
    let app = TestApp::shared().await;
    let orm = app.database().orm();
    let active = product::Entity::find()
        .filter(product::Column::Status.eq(product::Status::Active))
        .count(orm)
        .await
        .unwrap();
    for actor in [app.anonymous(), app.customer("ada").await] {
        let data = actor
            .query(
                "{ all: products { totalCount } \
                   draft: products(filter: { status: { eq: DRAFT } }) { totalCount nodes { id } pageInfo { hasNextPage } } \
                   ne: products(filter: { status: { ne: ACTIVE } }) { totalCount } \
                   in: products(filter: { status: { in: [DRAFT, ARCHIVED] } }) { totalCount } \
                   notIn: products(filter: { status: { notIn: [ACTIVE] } }) { totalCount } \
                   not: products(filter: { not: { status: { eq: ACTIVE } } }) { totalCount } \
                   or: products(filter: { or: [{}, { status: { eq: DRAFT } }] }) { totalCount } \
                   never: products(filter: { or: [] }) { totalCount } \
                   offset: products(offset: 10000) { totalCount nodes { id } pageInfo { hasPreviousPage hasNextPage } } }",
            )
            .await
            .data();
        assert_eq!(data["all"]["totalCount"], active);
        assert_eq!(data["or"]["totalCount"], active);
        for key in ["draft", "ne", "in", "notIn", "not", "never"] {
            assert_eq!(data[key]["totalCount"], 0, "{key}");
        }
        assert_eq!(data["offset"]["pageInfo"]["hasNextPage"], false);
        // Page by page, the list ends where the count says.
        let (mut seen, mut after) = (0, Value::Null);
        loop {
            let query = "query($after: String) { products(first: 100, after: $after, orderBy: { status: DESC }) \
                { nodes { status } pageInfo { hasNextPage endCursor } } }";
            let page = actor
                .query_with(query, json!({ "after": after }))
                .await
                .data();
            let nodes = page["products"]["nodes"].as_array().unwrap();
            assert!(nodes.iter().all(|node| node["status"] == "ACTIVE"));
            seen += nodes.len() as u64;
            after = page["products"]["pageInfo"]["endCursor"].clone();
            if page["products"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, active);
    }
}

#[tokio::test]
async fn reviews_of_hidden_products_are_hidden() {
    let app = TestApp::shared().await;
    let orm = app.database().orm();
    let keys: Vec<_> = hidden_products(app)
        .await
        .into_iter()
        .map(|product| product.id)
        .collect();
    let hidden = review::Entity::find()
        .filter(review::Column::ProductId.is_in(keys))
        .all(orm)
        .await
        .unwrap();
    let all = review::Entity::find().count(orm).await.unwrap();
    assert!(!hidden.is_empty());
    for actor in [app.anonymous(), app.customer("alan").await] {
        let data = actor.query("{ reviews { totalCount } }").await.data();
        assert_eq!(data["reviews"]["totalCount"], all - hidden.len() as u64);
        assert_no_such_row(&actor, "review", "reviews", hidden[0].id).await;
        // Nor by way of whoever wrote them.
        let id = global("user", hidden[0].author_id);
        let query = "query($id: ID!, $review: ID!) { user(by: { id: $id }) { \
            reviews(filter: { id: { eq: $review } }) { totalCount nodes { product { id } } } } }";
        let variables = json!({ "id": id, "review": global("review", hidden[0].id) });
        let data = actor.query_with(query, variables).await.data();
        assert_eq!(
            data["user"]["reviews"],
            json!({ "totalCount": 0, "nodes": [] })
        );
    }
}

#[tokio::test]
async fn customers_see_only_their_own_orders_and_items() {
    let app = TestApp::shared().await;
    let orm = app.database().orm();
    for (name, others_name) in [("ada", "alan"), ("alan", "ada")] {
        let customer = app.customer(name).await;
        let own = user_named(app, name).await;
        let other = user_named(app, others_name).await;
        let own_orders = order::Entity::find()
            .filter(order::Column::CustomerId.eq(own.id))
            .all(orm)
            .await
            .unwrap();
        let keys = own_orders.iter().map(|order| order.id);
        let own_items = order_item::Entity::find()
            .filter(order_item::Column::OrderId.is_in(keys))
            .count(orm)
            .await
            .unwrap();
        let others = order::Entity::find()
            .filter(order::Column::CustomerId.eq(other.id))
            .one(orm)
            .await
            .unwrap()
            .unwrap();
        let item = order_item::Entity::find()
            .filter(order_item::Column::OrderId.eq(others.id))
            .one(orm)
            .await
            .unwrap()
            .unwrap();
        assert!(!own_orders.is_empty());

        let data = customer
            .query("{ orders(first: 100) { totalCount nodes { customer { email } } } orderItems { totalCount } \
                      none: orders(filter: { not: {} }) { totalCount } all: orders(filter: { or: [{}, {}] }) { totalCount } }")
            .await
            .data();
        assert_eq!(data["orders"]["totalCount"], own_orders.len());
        assert_eq!(data["all"]["totalCount"], own_orders.len());
        assert_eq!(data["none"]["totalCount"], 0);
        assert_eq!(data["orderItems"]["totalCount"], own_items);
        for order in data["orders"]["nodes"].as_array().unwrap() {
            assert_eq!(order["customer"]["email"], own.email);
        }
        assert_no_such_row(&customer, "order", "orders", others.id).await;
        assert_no_such_row(&customer, "orderItem", "orderItems", item.id).await;

        let query = "query($number: String!, $other: ID!, $product: ID!, $item: ID!) { \
            byNumber: order(by: { number: $number }) { id } \
            filtered: orders(filter: { number: { eq: $number } }) { totalCount } \
            contains: orders(filter: { number: { contains: $number } }) { totalCount } \
            ofUser: user(by: { id: $other }) { displayName orders { totalCount nodes { id } pageInfo { hasNextPage } } } \
            node(id: $other) { ... on User { orders { totalCount } sessions { totalCount } } } \
            ofProduct: node(id: $product) { ... on Product { orderItems(filter: { id: { eq: $item } }) { totalCount } } } }";
        let variables = json!({
            "number": others.number, "other": global("user", other.id),
            "product": global("product", item.product_id), "item": global("orderItem", item.id),
        });
        let data = customer.query_with(query, variables).await.data();
        let none = json!({ "totalCount": 0 });
        assert_eq!(data["byNumber"], Value::Null);
        assert_eq!(data["filtered"], none);
        assert_eq!(data["contains"], none);
        assert_eq!(data["ofUser"]["displayName"], other.display_name);
        assert_eq!(
            data["ofUser"]["orders"],
            json!({ "totalCount": 0, "nodes": [], "pageInfo": { "hasNextPage": false } })
        );
        assert_eq!(data["node"], json!({ "orders": none, "sessions": none }));
        if !data["ofProduct"].is_null() {
            assert_eq!(data["ofProduct"]["orderItems"], none);
        }
    }
}

#[tokio::test]
async fn an_item_of_ones_own_shows_no_hidden_product() {
    let app = TestApp::shared().await;
    let orm = app.database().orm();
    let ada = user_named(app, "ada").await;
    let orders = order::Entity::find()
        .filter(order::Column::CustomerId.eq(ada.id))
        .all(orm)
        .await
        .unwrap();
    let items = order_item::Entity::find()
        .filter(order_item::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
        .find_also_related(product::Entity)
        .all(orm)
        .await
        .unwrap();
    let customer = app.customer("ada").await;
    for (item, product) in items {
        let query =
            "query($id: ID!) { orderItem(by: { id: $id }) { lineTotalCents product { name } } }";
        let data = customer
            .query_with(query, json!({ "id": global("orderItem", item.id) }))
            .await
            .data();
        let product = product.filter(|product| product.status == product::Status::Active);
        let expected = json!({
            "lineTotalCents": item.line_total_cents,
            "product": product.map(|product| json!({ "name": product.name })),
        });
        assert_eq!(data["orderItem"], expected);
    }
}

#[tokio::test]
async fn customers_cannot_find_others_by_what_is_masked() {
    let app = TestApp::shared().await;
    let (ada, grace) = (user_named(app, "ada").await, user_named(app, "grace").await);
    let customer = app.customer("ada").await;
    let count = async |filter: &str| {
        let query = format!("{{ users(filter: {filter}) {{ totalCount nodes {{ email }} }} }}");
        customer.query(&query).await.data()["users"].clone()
    };
    let nobody = json!({ "totalCount": 0, "nodes": [] });
    let created = grace.created_at.to_rfc3339();
    for filter in [
        format!("{{ email: {{ eq: \"{}\" }} }}", grace.email),
        format!("{{ email: {{ in: [\"{}\"] }} }}", grace.email),
        "{ email: { startsWith: \"grace@\" } }".to_owned(),
        "{ email: { contains: \"grace\" } }".to_owned(),
        "{ email: { gt: \"ada@example.com\" } }".to_owned(),
        "{ email: { gte: \"b\" } }".to_owned(),
        "{ email: { lt: \"ada@example.com\" } }".to_owned(),
        "{ role: { eq: STAFF } }".to_owned(),
        "{ role: { in: [STAFF, ADMIN] } }".to_owned(),
        "{ disabledAt: { isNull: false } }".to_owned(),
        "{ disabledAt: { gt: \"2000-01-01T00:00:00Z\" } }".to_owned(),
        "{ version: { gt: 1 } }".to_owned(),
        format!(
            "{{ displayName: {{ eq: \"{}\" }}, createdAt: {{ eq: \"{created}\" }} }}",
            grace.display_name
        ),
        format!(
            "{{ displayName: {{ eq: \"{}\" }}, updatedAt: {{ isNull: false }} }}",
            grace.display_name
        ),
        format!(
            "{{ id: {{ eq: \"{}\" }}, email: {{ isNull: false }} }}",
            global("user", grace.id)
        ),
    ] {
        assert_eq!(count(&filter).await, nobody, "{filter}");
    }
    // What is masked is unequal to anything, whatever it is.
    let all = count("{}").await["totalCount"].as_u64().unwrap();
    for (filter, found) in [
        ("{ email: { ne: \"grace@example.com\" } }", all),
        (
            "{ email: { notIn: [\"grace@example.com\", \"alan@example.com\"] } }",
            all,
        ),
        ("{ email: { ne: \"ada@example.com\" } }", all - 1),
        ("{ role: { ne: STAFF } }", all),
        ("{ role: { ne: CUSTOMER } }", all - 1),
    ] {
        assert_eq!(count(filter).await["totalCount"], found, "{filter}");
    }
    // Its own it does find, by the same means.
    let own = json!({ "totalCount": 1, "nodes": [{ "email": ada.email }] });
    for filter in [
        "{ email: { eq: \"ada@example.com\" } }",
        "{ email: { endsWith: \"@example.com\" } }",
        "{ email: { isNull: false } }",
        "{ role: { eq: CUSTOMER } }",
    ] {
        assert_eq!(count(filter).await, own, "{filter}");
    }
    let query = "query($email: String!) { user(by: { email: $email }) { displayName } }";
    let lookup = async |email: &str| {
        customer
            .query_with(query, json!({ "email": email }))
            .await
            .data()["user"]
            .clone()
    };
    assert_eq!(lookup(&grace.email).await, Value::Null);
    assert_eq!(lookup("nobody@example.com").await, Value::Null);
    assert_eq!(lookup(&ada.email).await["displayName"], ada.display_name);
    let query = "query($id: ID!) { user(by: { id: $id }) { displayName email role disabledAt version createdAt updatedAt } }";
    let data = customer
        .query_with(query, json!({ "id": global("user", grace.id) }))
        .await
        .data();
    let masked = json!({ "displayName": grace.display_name, "email": null, "role": null, "disabledAt": null, "version": null, "createdAt": null, "updatedAt": null });
    assert_eq!(data["user"], masked);
}
