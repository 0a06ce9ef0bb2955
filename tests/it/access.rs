//! Attempts to learn what is hidden, through every door there is.
//!
//! A door is a place where a name can be written: a field, a filter, an
//! order, a lookup, an id, a relation, a cursor, a type. A hidden name must
//! read as one that nobody ever gave, and hidden rows and values must change
//! no answer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;

use chrono::{TimeDelta, Utc};
use entity::{audit_entry, order, order_item, product, review, session, user};
use purser::access::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::{Actor, Reply, TestApp};
use super::bad_input::assert_nothing_internal;

/// What a name is compared with that nobody ever gave; as long as `name`, so
/// that places in the document stay the same.
fn nonsense(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    let other = if first.chars().all(char::is_uppercase) {
        "Q"
    } else {
        "q"
    };
    format!("{other}{}", "z".repeat(rest.len()))
}

/// Checks that a document with a hidden name in place of `NAME` is refused
/// just as one with a name that never was.
async fn assert_no_such_name(actor: &Actor<'_>, name: &str, template: &str, variables: &Value) {
    let ask = async |name: &str| {
        let variables = variables.to_string().replace("NAME", name);
        let variables = serde_json::from_str(&variables).unwrap();
        let reply = actor
            .query_with(&template.replace("NAME", name), variables)
            .await;
        assert_nothing_internal(&reply);
        let errors = Value::from(reply.errors()).to_string();
        errors.replace(name, "NAME")
    };
    assert_eq!(
        ask(name).await,
        ask(&nonsense(name)).await,
        "{name} in {template}"
    );
}

/// Every place where the name of a field of `Product` can be written.
const FIELD_DOORS: [&str; 26] = [
    "{ products { nodes { NAME } } }",
    "{ products { edges { node { NAME } } } }",
    "{ products { nodes { x: NAME } } }",
    "{ products { nodes { ... on Product { NAME } } } }",
    "{ products { nodes { ...F } } } fragment F on Product { NAME }",
    "{ products { nodes { NAME @skip(if: true) } } }",
    "{ product(by: { sku: \"x\" }) { NAME } }",
    "{ node(id: \"x\") { ... on Product { NAME } } }",
    "{ nodes(ids: []) { ... on Product { NAME } } }",
    "{ categories { nodes { products { nodes { NAME } } } } }",
    "{ reviews { nodes { product { NAME } } } }",
    "{ users { nodes { reviews { nodes { product { NAME } } } } } }",
    "{ products(filter: { NAME: { eq: 1 } }) { totalCount } }",
    "{ products(filter: { NAME: { gt: 1 } }) { totalCount } }",
    "{ products(filter: { NAME: { in: [1] } }) { totalCount } }",
    "{ products(filter: { NAME: { isNull: true } }) { totalCount } }",
    "{ products(filter: { NAME: null }) { totalCount } }",
    "{ products(filter: { NAME: {} }) { totalCount } }",
    "{ products(filter: { not: { NAME: { ne: 1 } } }) { totalCount } }",
    "{ products(filter: { and: [{ or: [{ NAME: { lt: 1 } }] }] }) { totalCount } }",
    "{ categories { nodes { products(filter: { NAME: { lte: 1 } }) { totalCount } } } }",
    "{ products(orderBy: [{ NAME: ASC }]) { totalCount } }",
    "{ products(orderBy: { NAME: DESC_NULLS_LAST }) { totalCount } }",
    "{ products(orderBy: [{ name: ASC }, { NAME: ASC }]) { totalCount } }",
    "{ categories { nodes { products(orderBy: { NAME: ASC }) { totalCount } } } }",
    "{ product(by: { NAME: 1 }) { id } }",
];

async fn assert_no_such_field(actor: &Actor<'_>, name: &str) {
    for template in FIELD_DOORS {
        assert_no_such_name(actor, name, template, &json!({})).await;
    }
    for (template, variables) in [
        (
            "query($v: ProductFilter) { products(filter: $v) { totalCount } }",
            json!({ "v": { "NAME": { "gt": 1 } } }),
        ),
        (
            "query($v: ProductFilter) { products(filter: $v) { totalCount } }",
            json!({ "v": { "and": [{ "NAME": null }] } }),
        ),
        (
            "query($v: [ProductOrder!]) { products(orderBy: $v) { totalCount } }",
            json!({ "v": [{ "NAME": "ASC" }] }),
        ),
        (
            "query($v: ProductBy!) { product(by: $v) { id } }",
            json!({ "v": { "NAME": 1 } }),
        ),
    ] {
        assert_no_such_name(actor, name, template, &variables).await;
    }
}

#[tokio::test]
async fn anonymous_has_no_door_to_costs() {
    let app = TestApp::shared().await;
    for name in ["costCents", "cost_cents", "categoryId", "orderItems"] {
        assert_no_such_field(&app.anonymous(), name).await;
    }
}

#[tokio::test]
async fn customers_have_no_door_to_costs() {
    let app = TestApp::shared().await;
    for name in ["ada", "alan"] {
        let customer = app.customer(name).await;
        for name in ["costCents", "cost_cents", "categoryId"] {
            assert_no_such_field(&customer, name).await;
        }
        for template in [
            "{ orderItems { nodes { NAME } } }",
            "{ orders { nodes { items { nodes { NAME } } } } }",
            "{ orderItem(by: { id: \"x\" }) { NAME } }",
            "{ node(id: \"x\") { ... on OrderItem { NAME } } }",
            "{ orderItems(filter: { NAME: { gt: 1 } }) { totalCount } }",
            "{ orderItems(orderBy: { NAME: ASC }) { totalCount } }",
            "{ orderItems { nodes { product { costCents NAME } } } }",
            "{ orders { nodes { items(filter: { NAME: { isNull: true } }) { totalCount } } } }",
            "{ orders { nodes { items(orderBy: { NAME: DESC }) { totalCount } } } }",
        ] {
            assert_no_such_name(&customer, "unitCostCents", template, &json!({})).await;
        }
    }
}

/// Where the names of a hidden entity can be written.
async fn assert_no_such_entity(actor: &Actor<'_>, type_name: &str, one: &str, many: &str) {
    for name in [one, many] {
        for template in [
            "{ NAME { id } }",
            "{ NAME { totalCount } }",
            "{ NAME(first: 1) { nodes { id } } }",
            "{ NAME(by: { id: \"x\" }) { id } }",
        ] {
            assert_no_such_name(actor, name, template, &json!({})).await;
        }
    }
    for template in [
        "{ node(id: \"x\") { ... on NAME { id } } }",
        "{ node(id: \"x\") { ...F } } fragment F on NAME { id }",
        "query($v: NAME) { __typename }",
        "query($v: [NAME!]!) { products(first: $v) { totalCount } }",
    ] {
        for suffix in ["", "Filter", "Order", "By", "Connection", "Edge"] {
            assert_no_such_name(actor, &format!("{type_name}{suffix}"), template, &json!({})).await;
        }
    }
    let key = Uuid::now_v7().simple().to_string();
    for suffix in ["", "Filter", "Order", "By", "Connection", "Edge", "Status"] {
        let query = format!(
            "{{ __type(name: \"{type_name}{suffix}\") {{ name description fields {{ name }} }} }}"
        );
        assert_eq!(
            actor.query(&query).await.data(),
            json!({ "__type": null }),
            "{query}"
        );
    }
    for query in [
        "query($id: ID!) { node(id: $id) { id } }",
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
        "query($id: ID!) { product(by: { id: $id }) { id } }",
        "query($id: ID!) { products(filter: { id: { eq: $id } }) { totalCount } }",
        "query($id: ID!) { products(filter: { id: { notIn: [$id] } }) { totalCount } }",
    ] {
        let ask = async |prefix: &str| {
            let variables = json!({ "id": format!("{prefix}_{key}") });
            actor.query_with(query, variables).await.errors()
        };
        assert_eq!(ask(one).await, ask(&nonsense(one)).await, "{one}: {query}");
    }
}

#[tokio::test]
async fn anonymous_has_no_word_for_orders_sessions_and_the_audit_trail() {
    let app = TestApp::shared().await;
    let anonymous = app.anonymous();
    assert_no_such_entity(&anonymous, "Order", "order", "orders").await;
    assert_no_such_entity(&anonymous, "OrderItem", "orderItem", "orderItems").await;
    assert_no_such_entity(&anonymous, "Session", "session", "sessions").await;
    assert_no_such_entity(&anonymous, "AuditEntry", "auditEntry", "auditEntries").await;
    for name in ["orders", "sessions", "auditEntries"] {
        for template in [
            "{ users { nodes { NAME { totalCount } } } }",
            "{ reviews { nodes { author { NAME { nodes { id } } } } } }",
        ] {
            assert_no_such_name(&anonymous, name, template, &json!({})).await;
        }
    }
}

#[tokio::test]
async fn customers_and_staff_have_no_word_for_the_audit_trail() {
    let app = TestApp::shared().await;
    for actor in [
        app.customer("ada").await,
        app.customer("alan").await,
        app.staff().await,
    ] {
        assert_no_such_entity(&actor, "AuditEntry", "auditEntry", "auditEntries").await;
        let template = "{ users { nodes { NAME { totalCount } } } }";
        assert_no_such_name(&actor, "auditEntries", template, &json!({})).await;
    }
}

#[tokio::test]
async fn anonymous_has_no_door_to_what_users_keep_to_themselves() {
    let app = TestApp::shared().await;
    let anonymous = app.anonymous();
    for name in [
        "email",
        "role",
        "disabledAt",
        "version",
        "createdAt",
        "updatedAt",
        "passwordHash",
    ] {
        for template in [
            "{ users { nodes { NAME } } }",
            "{ user(by: { id: \"x\" }) { NAME } }",
            "{ reviews { nodes { author { NAME } } } }",
            "{ node(id: \"x\") { ... on User { NAME } } }",
            "{ users(filter: { NAME: { eq: \"x\" } }) { totalCount } }",
            "{ users(filter: { NAME: { contains: \"x\" } }) { totalCount } }",
            "{ users(filter: { not: { NAME: { isNull: true } } }) { totalCount } }",
            "{ users(orderBy: { NAME: ASC }) { totalCount } }",
            "{ user(by: { NAME: \"x\" }) { id } }",
        ] {
            assert_no_such_name(&anonymous, name, template, &json!({})).await;
        }
    }
    let query = "{ __type(name: \"UserRole\") { name } }";
    assert_eq!(
        anonymous.query(query).await.data(),
        json!({ "__type": null })
    );
}

#[tokio::test]
async fn hashes_and_bookkeeping_have_no_door_for_anyone() {
    let app = TestApp::shared().await;
    for name in ["anonymous", "ada", "staff", "admin"] {
        let actor = app.actor(name).await;
        for field in ["passwordHash", "passwordhash", "password"] {
            for template in [
                "{ users { nodes { NAME } } }",
                "{ users(filter: { NAME: { isNull: true } }) { totalCount } }",
                "{ users(orderBy: { NAME: ASC }) { totalCount } }",
            ] {
                assert_no_such_name(&actor, field, template, &json!({})).await;
            }
        }
        for root in [
            "outbox",
            "outboxes",
            "idempotencyKeys",
            "idempotencyKey",
            "seaqlMigrations",
            "migrations",
            "_service",
            "_entities",
        ] {
            assert_no_such_name(&actor, root, "{ NAME { id } }", &json!({})).await;
        }
    }
    let admin = app.admin().await;
    for field in ["refreshTokenHash", "familyId", "tokenHash"] {
        for template in [
            "{ sessions { nodes { NAME } } }",
            "{ sessions(filter: { NAME: { isNull: true } }) { totalCount } }",
        ] {
            assert_no_such_name(&admin, field, template, &json!({})).await;
        }
    }
}

// What errors and introspection let slip

/// The text of everything that introspection tells.
async fn introspected(actor: &Actor<'_>) -> String {
    const VALUE: &str =
        "name description type { name ofType { name ofType { name ofType { name } } } }";
    let query = format!(
        "{{ __schema {{ description queryType {{ name }} \
           types {{ kind name description specifiedByURL enumValues(includeDeprecated: true) {{ name description }} \
             interfaces {{ name }} possibleTypes {{ name }} \
             fields(includeDeprecated: true) {{ {VALUE} args {{ {VALUE} defaultValue }} }} inputFields {{ {VALUE} defaultValue }} }} \
           directives {{ name description args {{ {VALUE} }} }} }} }}"
    );
    actor.query(&query).await.data().to_string()
}

#[tokio::test]
async fn introspection_tells_a_role_nothing_beyond_it() {
    const FOR_ADMINS: [&str; 3] = ["AuditEntry", "auditEntries", "hash"];
    const FOR_STAFF: [&str; 3] = ["costCents", "unitCostCents", "UnitCost"];
    const FOR_CUSTOMERS: [&str; 10] = [
        "\"Order\"",
        "OrderFilter",
        "OrderItem",
        "OrderStatus",
        "Session",
        "email",
        "e-mail",
        "UserRole",
        "disabledAt",
        "refund",
    ];
    let app = TestApp::shared().await;
    let staff = introspected(&app.staff().await).await;
    let customer = introspected(&app.customer("ada").await).await;
    let anonymous = introspected(&app.anonymous()).await;
    for (text, hidden) in [
        (&staff, &FOR_ADMINS[..]),
        (&customer, &FOR_ADMINS),
        (&customer, &FOR_STAFF),
        (&anonymous, &FOR_ADMINS),
        (&anonymous, &FOR_STAFF),
        (&anonymous, &FOR_CUSTOMERS),
    ] {
        for word in hidden {
            assert!(!text.contains(word), "{word}");
        }
    }
    // The words are right: whoever may see the things does find them.
    let admin = introspected(&app.admin().await).await;
    for word in ["AuditEntry", "auditEntries"]
        .iter()
        .chain(&FOR_STAFF[..2])
        .chain(&FOR_CUSTOMERS[..8])
    {
        assert!(admin.contains(word), "{word}");
    }
}

#[tokio::test]
async fn no_error_suggests_a_name() {
    let app = TestApp::shared().await;
    for name in ["anonymous", "ada", "staff", "admin"] {
        let actor = app.actor(name).await;
        for query in [
            "{ product }",
            "{ productz { totalCount } }",
            "{ order(by: { id: \"x\" }) { i } }",
            "{ products { nodes { nam costCent emai } } }",
            "{ products(filter: { costCent: { eq: 1 } }) { totalCount } }",
            "{ products(filter: { name: { equals: 1 } }) { totalCount } }",
            "{ products(orderBy: { costCent: ASC }) { totalCount } }",
            "{ products(orderBy: { name: ASCENDING }) { totalCount } }",
            "{ products(filters: {}) { totalCount } }",
            "{ users { nodes { emai rol order session auditEntrie } } }",
            "{ node(id: \"x\") { ... on Orde { id } } }",
            "query($v: OrderFilte) { __typename }",
        ] {
            let errors = Value::from(actor.query(query).await.errors()).to_string();
            assert!(!errors.to_lowercase().contains("did you mean"), "{errors}");
            for hidden in [
                "costCents",
                "email",
                "auditEntries",
                "OrderFilter\"",
                "unitCostCents",
            ] {
                assert!(!errors.contains(hidden), "{query}: {errors}");
            }
        }
    }
}

// Hidden rows

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
async fn hidden_products(app: &TestApp) -> Vec<product::Model> {
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

async fn user_named(app: &TestApp, name: &str) -> user::Model {
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

// Cursors

/// The cursors of a list of users.
async fn user_cursors(actor: &Actor<'_>, arguments: &str) -> Vec<String> {
    let query = format!("{{ users({arguments}) {{ edges {{ cursor }} }} }}");
    let data = actor.query(&query).await.data();
    let edges = data["users"]["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| edge["cursor"].as_str().unwrap().to_owned())
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
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

// Non-interference: two shops that differ only in what is hidden

/// Rows beside the seeded ones that the shops have in common.
async fn add_rows(app: &TestApp) {
    let orm = app.database().orm();
    for (place, name) in ["ada", "alan", "grace"].into_iter().enumerate() {
        let user = user_named(app, name).await;
        let begun = user.created_at + TimeDelta::days(1);
        session::ActiveModel {
            id: Set(Uuid::from_u128(user.id.as_u128() + 1)),
            user_id: Set(user.id),
            refresh_token_hash: Set(format!("{place:064}")),
            family_id: Set(user.id),
            user_agent: Set(Some(format!("the browser of {name}"))),
            expires_at: Set(begun + TimeDelta::days(30)),
            rotated_at: Set(None),
            revoked_at: Set(None),
            created_at: Set(begun),
            updated_at: Set(begun),
        }
        .insert(orm)
        .await
        .unwrap();
    }
}

/// Other costs, everywhere.
async fn rewrite_costs(app: &TestApp) {
    use sea_orm::ExprTrait as _;
    let orm = app.database().orm();
    product::Entity::update_many()
        .col_expr(
            product::Column::CostCents,
            Expr::col(product::Column::CostCents).add(77_777),
        )
        .exec(orm)
        .await
        .unwrap();
    order_item::Entity::update_many()
        .col_expr(
            order_item::Column::UnitCostCents,
            Expr::col(order_item::Column::UnitCostCents).add(77_777),
        )
        .exec(orm)
        .await
        .unwrap();
}

/// Other names, prices and moments for products that are not on sale; other
/// reviews of them; one more of them.
async fn rewrite_hidden_products(app: &TestApp) {
    let orm = app.database().orm();
    let hidden = hidden_products(app).await;
    let keys = hidden.iter().map(|product| product.id);
    let reviewed = review::Column::ProductId.is_in(keys);
    review::Entity::update_many()
        .col_expr(review::Column::Rating, Expr::value(1))
        .col_expr(review::Column::Title, Expr::value("Nobody reads this"))
        .filter(reviewed.clone())
        .exec(orm)
        .await
        .unwrap();
    review::Entity::delete_many()
        .filter(reviewed)
        .filter(review::Column::CreatedAt.gt(hidden[hidden.len() / 2].created_at))
        .exec(orm)
        .await
        .unwrap();
    let mut another = hidden[0].clone();
    for (place, product) in hidden.into_iter().enumerate() {
        let moment = product.created_at + TimeDelta::days(100);
        let mut product = product.into_active_model();
        product.name = Set(format!("Hidden {place}"));
        product.slug = Set(format!("hidden-{place}"));
        product.sku = Set(format!("HID-{place}"));
        product.price_cents = Set(1);
        product.stock = Set(7);
        product.description = Set(None);
        product.attributes = Set(json!({ "hidden": place }));
        product.created_at = Set(moment);
        product.updated_at = Set(moment);
        product.update(orm).await.unwrap();
    }
    another.id = Uuid::now_v7();
    "HID-NEW".clone_into(&mut another.sku);
    "hidden-new".clone_into(&mut another.slug);
    another.status = product::Status::Draft;
    another
        .into_active_model()
        .reset_all()
        .insert(orm)
        .await
        .unwrap();
}

/// Other e-mail addresses, roles and moments for everyone else.
async fn rewrite_users(app: &TestApp, own: Uuid) {
    let orm = app.database().orm();
    let others = user::Entity::find()
        .filter(user::Column::Id.ne(own))
        .order_by_desc(user::Column::Id)
        .all(orm)
        .await
        .unwrap();
    for (place, user) in others.into_iter().enumerate() {
        let moment = user.created_at + TimeDelta::days(1);
        let mut user = user.into_active_model();
        user.email = Set(format!("{place:04}@other.example"));
        user.role = Set([user::Role::Staff, user::Role::Customer, user::Role::Admin][place % 3]);
        user.password_hash = Set(Some("changed".to_owned()));
        user.disabled_at = Set((place % 2 == 0).then_some(moment));
        user.version = Set(50 + i64::try_from(place).unwrap());
        user.created_at = Set(moment);
        user.updated_at = Set(moment);
        user.update(orm).await.unwrap();
    }
}

/// Fewer orders of others, and other ones.
async fn rewrite_orders(app: &TestApp, own: Uuid) {
    let orm = app.database().orm();
    let others = order::Entity::find()
        .filter(order::Column::CustomerId.ne(own))
        .all(orm)
        .await
        .unwrap();
    let (gone, kept) = others.split_at(others.len() / 2);
    for part in gone.chunks(500) {
        let keys = part.iter().map(|order| order.id);
        order_item::Entity::delete_many()
            .filter(order_item::Column::OrderId.is_in(keys.clone()))
            .exec(orm)
            .await
            .unwrap();
        order::Entity::delete_many()
            .filter(order::Column::Id.is_in(keys))
            .exec(orm)
            .await
            .unwrap();
    }
    for (place, order) in kept.iter().take(50).enumerate() {
        let moment = order.placed_at + TimeDelta::days(3);
        let mut order = order.clone().into_active_model();
        order.number = Set(format!("HIDDEN-{place}"));
        order.status = Set(order::Status::Refunded);
        order.total_cents = Set(1);
        order.note = Set(Some("hidden".to_owned()));
        order.placed_at = Set(moment);
        order.created_at = Set(moment);
        order.update(orm).await.unwrap();
    }
}

/// Other sessions of others, and another trail.
async fn rewrite_sessions_and_trail(app: &TestApp, own: Uuid) {
    let orm = app.database().orm();
    let others = session::Entity::find()
        .filter(session::Column::UserId.ne(own))
        .all(orm)
        .await
        .unwrap();
    let another = others[0].clone();
    for session in others {
        let mut session = session.into_active_model();
        session.user_agent = Set(None);
        session.revoked_at = Set(Some(Utc::now()));
        session.update(orm).await.unwrap();
    }
    let mut another = another.into_active_model().reset_all();
    another.id = Set(Uuid::now_v7());
    another.refresh_token_hash = Set("f".repeat(64));
    another.insert(orm).await.unwrap();
    audit_entry::ActiveModel {
        id: Set(Uuid::now_v7()),
        actor_id: Set(None),
        entity: Set("Product".to_owned()),
        entity_id: Set("product_x".to_owned()),
        action: Set("update".to_owned()),
        changes: Set(json!({})),
        request_id: Set(None),
        at: Set(Utc::now()),
        created_at: Set(Utc::now()),
        updated_at: Set(Utc::now()),
    }
    .insert(orm)
    .await
    .unwrap();
}

/// A role's schema, as far as it takes to ask for everything in it.
struct Schema(Value);

impl Schema {
    async fn of(actor: &Actor<'_>) -> Self {
        let query = "{ __schema { types { name kind enumValues { name } inputFields { name type { name kind ofType { name } } } \
            fields { name type { name kind ofType { name kind ofType { name kind ofType { name kind } } } } } } } }";
        Self(actor.query(query).await.data()["__schema"]["types"].clone())
    }

    fn get(&self, name: &str) -> &Value {
        let mut types = self.0.as_array().unwrap().iter();
        types
            .find(|candidate| candidate["name"] == name)
            .unwrap_or(&Value::Null)
    }

    /// Names of fields with the names and kinds of their types, bare of lists
    /// and non-nulls.
    fn fields(&self, type_name: &str) -> Vec<(&str, &str, &str)> {
        let fields = self.get(type_name)["fields"].as_array().unwrap().iter();
        fields
            .map(|field| {
                let mut bare = &field["type"];
                while !bare["ofType"].is_null() {
                    bare = &bare["ofType"];
                }
                (
                    field["name"].as_str().unwrap(),
                    bare["name"].as_str().unwrap(),
                    bare["kind"].as_str().unwrap(),
                )
            })
            .collect()
    }

    fn inputs(&self, type_name: &str) -> Vec<(&str, &str)> {
        let fields = self.get(type_name)["inputFields"]
            .as_array()
            .unwrap()
            .iter();
        fields
            .map(|field| {
                (
                    field["name"].as_str().unwrap(),
                    field["type"]["name"].as_str().unwrap_or("list"),
                )
            })
            .collect()
    }

    /// The root fields that are lists, with the entities in them.
    fn lists(&self) -> Vec<(&str, &str)> {
        let roots = self.fields("Query").into_iter();
        roots
            .filter_map(|(name, type_name, _)| Some((name, type_name.strip_suffix("Connection")?)))
            .collect()
    }

    /// Selections of all scalars of an entity.
    fn scalars(&self, entity: &str) -> String {
        let fields = self.fields(entity).into_iter();
        let names: Vec<_> = fields
            .filter(|(_, _, kind)| ["SCALAR", "ENUM"].contains(kind))
            .map(|(name, ..)| name)
            .collect();
        names.join(" ")
    }

    /// Selections of everything that an entity has, one relation deep.
    fn everything(&self, entity: &str) -> String {
        let mut text = self.scalars(entity);
        for (name, type_name, kind) in self.fields(entity) {
            if let Some(target) = type_name.strip_suffix("Connection") {
                let scalars = self.scalars(target);
                write!(
                    text,
                    " {name}(first: 3) {{ totalCount edges {{ cursor node {{ {scalars} }} }} {PAGE} }}"
                )
                .unwrap();
            } else if kind == "OBJECT" {
                write!(text, " {name} {{ {} }}", self.scalars(type_name)).unwrap();
            }
        }
        text
    }

    /// Values to compare with, for a type of operators.
    fn probes(&self, operators: &str, ids: &[String]) -> Vec<String> {
        let quoted = |texts: &[&str]| texts.iter().map(|text| format!("{text:?}")).collect();
        let plain = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match operators {
            "StringFilter" => quoted(&[
                "grace@example.com",
                "0004@other.example",
                "Hidden 4",
                "hidden-4",
                "HID-4",
                "HIDDEN-4",
                "",
            ]),
            "IDFilter" => ids.iter().map(|id| format!("{id:?}")).collect(),
            "IntFilter" => plain(&["1", "7"]),
            "BigIntFilter" => plain(&["1", "5000", "78000"]),
            "BooleanFilter" => plain(&["true", "false"]),
            "DateTimeFilter" => quoted(&["2023-01-02T09:00:00Z", "2024-06-01T00:00:00Z"]),
            other => {
                let name = other.strip_suffix("Filter").unwrap();
                let values = self.get(name)["enumValues"]
                    .as_array()
                    .unwrap_or_else(|| panic!("no probes for {other}"))
                    .iter();
                values
                    .map(|value| value["name"].as_str().unwrap().to_owned())
                    .collect()
            }
        }
    }

    /// Whether a type of input is about rows of an entity: its filter or its
    /// order.
    fn entity_of<'n>(&self, input: &'n str, suffix: &str) -> Option<&'n str> {
        let name = input.strip_suffix(suffix)?;
        let name = name.strip_suffix("List").unwrap_or(name);
        (!self.get(&format!("{name}Connection")).is_null()).then_some(name)
    }

    /// Conditions with every operator on every field of an entity, and some of
    /// those on its related rows.
    fn conditions(&self, entity: &str, ids: &[String]) -> Vec<String> {
        let mut conditions = self.own_conditions(entity, ids);
        for (relation, input) in self.inputs(&format!("{entity}Filter")) {
            let Some(target) = self.entity_of(input, "Filter") else {
                continue;
            };
            if ["and", "or", "not"].contains(&relation) {
                continue;
            }
            let inner = self.own_conditions(target, &[]);
            for (place, condition) in inner.iter().enumerate().step_by(7) {
                let condition = if input.ends_with("ListFilter") {
                    let quantifier = ["some", "none", "every"][place % 3];
                    format!("{{ {quantifier}: {condition} }}")
                } else {
                    condition.clone()
                };
                conditions.push(format!("{{ {relation}: {condition} }}"));
            }
            conditions.push(format!("{{ {relation}: {{}} }}"));
        }
        conditions
    }

    /// Conditions with every operator on every field of an entity.
    fn own_conditions(&self, entity: &str, ids: &[String]) -> Vec<String> {
        let mut conditions = Vec::new();
        for (field, operators) in self.inputs(&format!("{entity}Filter")) {
            let related = self.entity_of(operators, "Filter").is_some();
            if ["and", "or", "not"].contains(&field) || related {
                continue;
            }
            if operators == "ID" {
                let ids = ids.iter();
                conditions.extend(ids.map(|id| format!("{{ {field}: {id:?} }}")));
                continue;
            }
            if operators == "list" {
                conditions.extend(
                    ["exists: true", "isNull: true", "text: { contains: \"a\" }"]
                        .map(|said| format!("{{ {field}: {{ path: \"color\", {said} }} }}")),
                );
                continue;
            }
            for (operator, _) in self.inputs(operators) {
                let values = match operator {
                    "isNull" => vec!["true".to_owned(), "false".to_owned()],
                    "in" | "notIn" => vec![format!("[{}]", self.probes(operators, ids).join(", "))],
                    _ => self.probes(operators, ids),
                };
                conditions.extend(
                    values
                        .iter()
                        .map(|value| format!("{{ {field}: {{ {operator}: {value} }} }}")),
                );
            }
        }
        conditions
    }

    /// Sort keys of an entity, as far as one relation: each with its name and
    /// what comes before a direction and after it.
    fn sort_keys(&self, entity: &str) -> Vec<(String, String, &'static str)> {
        let mut keys = Vec::new();
        for (field, input) in self.inputs(&format!("{entity}Order")) {
            if let Some(target) = self.entity_of(input, "Order") {
                for (inner, input) in self.inputs(&format!("{target}Order")) {
                    if input == "OrderDirection" {
                        let before = format!("{field}: {{ {inner}: ");
                        keys.push((format!("{field} {{ {inner} }}"), before, " }"));
                    }
                }
            } else if input == "OrderDirection" {
                keys.push((field.to_owned(), format!("{field}: "), ""));
            } else {
                let before = format!("{field}: {{ path: \"color\", text: ");
                keys.push((field.to_owned(), before, " }"));
            }
        }
        keys
    }

    /// Root fields that ask for whatever can be asked about an entity.
    fn questions(&self, list: &str, entity: &str, ids: &[String]) -> Vec<String> {
        let all = format!(
            "{{ totalCount edges {{ cursor node {{ {} }} }} {PAGE} }}",
            self.everything(entity)
        );
        let mut questions = vec![
            format!("{list}(first: 12) {all}"),
            format!("{list}(last: 12) {all}"),
            format!("{list}(first: 5, offset: 30) {all}"),
        ];
        for (field, before, after) in self.sort_keys(entity) {
            for page in ["first: 30", "last: 30"] {
                for direction in ["ASC", "DESC_NULLS_LAST"] {
                    questions.push(format!(
                        "{list}({page}, orderBy: {{ {before}{direction}{after} }}) {{ totalCount edges {{ cursor node {{ id {field} }} }} {PAGE} }}"
                    ));
                }
            }
        }
        for (place, condition) in self.conditions(entity, ids).into_iter().enumerate() {
            questions.push(format!(
                "{list}(first: 3, filter: {condition}) {{ totalCount nodes {{ id }} {PAGE} }}"
            ));
            if place % 3 == 0 {
                questions.push(format!(
                    "{list}(last: 3, filter: {{ not: {condition} }}) {{ totalCount nodes {{ id }} }}"
                ));
            }
        }
        for (relation, target, _) in self.fields(entity) {
            let Some(target) = target.strip_suffix("Connection") else {
                continue;
            };
            for (field, input) in self.inputs(&format!("{target}Order")) {
                if input != "OrderDirection" {
                    continue;
                }
                for condition in [
                    format!("{{ {field}: {{ isNull: false }} }}"),
                    "{}".to_owned(),
                ] {
                    questions.push(format!(
                        "{list}(first: 15) {{ nodes {{ {relation}(last: 2, filter: {condition}, orderBy: {{ {field}: ASC }}) \
                         {{ totalCount edges {{ cursor node {{ id {field} }} }} {PAGE} }} }} }}"
                    ));
                }
            }
        }
        let one = format!("{}{}", entity[..1].to_lowercase(), &entity[1..]);
        for id in ids {
            questions.push(format!(
                "node(id: {id:?}) {{ id ... on {entity} {{ {} }} }}",
                self.everything(entity)
            ));
            questions.push(format!(
                "{one}(by: {{ id: {id:?} }}) {{ {} }}",
                self.everything(entity)
            ));
        }
        for (key, _) in self.inputs(&format!("{entity}By")) {
            if key != "id" {
                let texts = self.probes("StringFilter", &[]);
                questions.extend(
                    texts
                        .iter()
                        .map(|text| format!("{one}(by: {{ {key}: {text} }}) {{ id {key} }}")),
                );
            }
        }
        questions
    }
}

const PAGE: &str = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

/// Some ids of each entity, hidden ones among them, as the untouched shop has
/// them.
async fn ids_of(app: &TestApp, entity: &str) -> Vec<String> {
    let admin = app.admin().await;
    let list = admin
        .query(&format!(
            "{{ __type(name: \"{entity}Filter\") {{ name }} }}"
        ))
        .await;
    assert!(list.data()["__type"].is_object(), "{entity}");
    let schema = Schema::of(&admin).await;
    let (list, _) = schema
        .lists()
        .into_iter()
        .find(|(_, name)| *name == entity)
        .unwrap();
    let data = admin
        .query(&format!("{{ {list}(first: 100) {{ nodes {{ id }} }} }}"))
        .await
        .data();
    let ids = data[list]["nodes"].as_array().unwrap().iter();
    let mut ids: Vec<_> = ids
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .step_by(9)
        .collect();
    if entity == "Product" {
        ids.extend(
            hidden_products(app)
                .await
                .iter()
                .step_by(40)
                .map(|product| global("product", product.id)),
        );
    }
    ids
}

/// Everything that an actor can ask, in as many documents as it takes.
async fn documents(app: &TestApp, actor: &Actor<'_>) -> Vec<String> {
    let schema = Schema::of(actor).await;
    let mut documents = Vec::new();
    for (list, entity) in schema.lists() {
        let ids = ids_of(app, entity).await;
        for questions in schema.questions(list, entity, &ids).chunks(5) {
            let fields = questions.iter().enumerate();
            let fields: Vec<_> = fields
                .map(|(place, question)| format!("q{place}: {question}"))
                .collect();
            documents.push(format!("{{\n{}\n}}", fields.join("\n")));
        }
    }
    documents
}

/// Checks that two shops that differ only in what the actor of that name may
/// not see answer whatever it asks with the same bytes.
async fn assert_no_interference(name: &str) {
    let (app, rewritten) = (TestApp::sqlite().await, TestApp::sqlite().await);
    for app in [&app, &rewritten] {
        add_rows(app).await;
    }
    let (asking, also_asking) = (app.actor(name).await, rewritten.actor(name).await);
    let (admin, also_admin) = (app.admin().await, rewritten.admin().await);
    let own = asking.requester.user().unwrap_or_default();
    if asking.requester.role() < Role::Staff {
        rewrite_costs(&rewritten).await;
        rewrite_hidden_products(&rewritten).await;
        rewrite_users(&rewritten, own).await;
        rewrite_orders(&rewritten, own).await;
    }
    rewrite_sessions_and_trail(&rewritten, own).await;

    let documents = documents(&app, &asking).await;
    assert!(documents.len() > 20, "only {} documents", documents.len());
    for document in &documents {
        let one = asking.query(document).await;
        let other = also_asking.query(document).await;
        assert!(one.data().is_object());
        assert!(
            one.body == other.body,
            "{name} can tell: {}",
            first_difference(document, &one, &other)
        );
    }
    // What was rewritten does matter to whoever may see it.
    let sessions = "{ sessions { totalCount nodes { userAgent } } auditEntries { totalCount } }";
    let everything = documents.iter().step_by(4).map(String::as_str);
    let mut told_apart = 0;
    for document in everything.chain([sessions]) {
        let (one, other) = (
            admin.query(document).await,
            also_admin.query(document).await,
        );
        assert!(one.data().is_object());
        told_apart += usize::from(one.body != other.body);
    }
    let expected = if asking.requester.role() < Role::Staff {
        documents.len() / 8
    } else {
        1
    };
    assert!(
        told_apart >= expected,
        "{told_apart} of {}",
        documents.len()
    );
}

/// The question of a document that two shops answer differently.
fn first_difference(document: &str, one: &Reply, other: &Reply) -> String {
    let (one, other) = (one.data(), other.json()["data"].clone());
    let keys = one.as_object().unwrap().keys();
    let mut different = keys.filter(|key| one[*key] != other[*key]);
    different.next().map_or_else(
        || "only in the order of keys".to_owned(),
        |key| {
            let question = document
                .lines()
                .find(|line| line.starts_with(&format!("{key}:")));
            format!(
                "{}\n{}\n{}",
                question.unwrap_or_default(),
                one[key],
                other[key]
            )
        },
    )
}

#[tokio::test]
async fn anonymous_cannot_tell_two_shops_apart_by_what_is_hidden() {
    assert_no_interference("anonymous").await;
}

#[tokio::test]
async fn ada_cannot_tell_two_shops_apart_by_what_is_hidden() {
    assert_no_interference("ada").await;
}

#[tokio::test]
async fn staff_cannot_tell_two_shops_apart_by_what_is_hidden() {
    assert_no_interference("staff").await;
}
