//! Attempts to learn what is hidden, through every door there is.
//!
//! A door is a place where a name can be written: a field, a filter, an
//! order, a lookup, an id, a relation, a cursor, a type. A hidden name must
//! read as one that nobody ever gave, and hidden rows and values must change
//! no answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;

use entity::{order, order_item, product, review, user};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::{Actor, TestApp};
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
