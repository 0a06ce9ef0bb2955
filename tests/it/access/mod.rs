//! Attempts to learn what is hidden, through every door there is.
//!
//! A door is a place where a name can be written: a field, a filter, an
//! order, a lookup, an id, a relation, a cursor, a type. A hidden name must
//! read as one that nobody ever gave, and hidden rows and values must change
//! no answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cursors;
mod matrix;
mod rows;

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
        let mut errors = reply.errors();
        for error in &mut errors {
            // Of the requester's own, which is the name of a field as well.
            error["extensions"].as_object_mut().unwrap().remove("role");
        }
        Value::from(errors).to_string().replace(name, "NAME")
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
        "\"Session\"",
        "SessionFilter",
        "setUserRole",
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
