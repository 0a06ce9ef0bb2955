//! Who may write what, on declarations other than the shop's: rules on the rows
//! before and after, on inputs, and on what is hidden.

use std::sync::Arc;

use entity::{product, review, user};
use purser::access::{Role, any_of, everyone, owner, role, rows, signed_in};
use purser::auth::Identity;
use purser::catalog::{Catalog, Declaration, expose, input};
use purser::graphql::{Engine, GraphqlRequest, Limits};
use serde_json::{Value, json};

use crate::app::TestApp;

fn users() -> Declaration {
    expose::<user::Entity>("User")
        .read(everyone())
        .fields([user::Column::Id, user::Column::DisplayName])
        .field(
            user::Column::Email,
            any_of([role(Role::Staff), owner(user::Column::Id)]),
        )
        .lookup([user::Column::Email])
        .update(signed_in())
        .inputs([
            input(user::Column::DisplayName).length(1..=100),
            input(user::Column::Email).email(),
        ])
        .timestamps(user::Column::CreatedAt, user::Column::UpdatedAt)
        .done()
}

fn products() -> Declaration {
    expose::<product::Entity>("Product")
        .read(any_of([
            role(Role::Staff),
            rows(product::Column::Status, [product::Status::Active]),
        ]))
        .fields([
            product::Column::Id,
            product::Column::Sku,
            product::Column::Stock,
            product::Column::Status,
        ])
        .field(product::Column::CostCents, role(Role::Staff))
        .enumeration::<product::Status>(product::Column::Status, "ProductStatus")
        .lookup([product::Column::Sku])
        .update(rows(product::Column::Status, [product::Status::Active]))
        .inputs([
            input(product::Column::Sku),
            input(product::Column::Stock),
            input(product::Column::Status).only(role(Role::Customer)),
            input(product::Column::CostCents),
        ])
        .done()
}

/// Reviews that can be given away, as far as the rule lets them be.
fn reviews() -> Declaration {
    expose::<review::Entity>("Review")
        .read(everyone())
        .fields([
            review::Column::Id,
            review::Column::Rating,
            review::Column::Version,
        ])
        .relations([review::Relation::Author, review::Relation::Product])
        .create(owner(review::Column::AuthorId))
        .update(owner(review::Column::AuthorId))
        .delete(owner(review::Column::AuthorId))
        .inputs([
            input(review::Column::ProductId).once(),
            input(review::Column::AuthorId),
            input(review::Column::Rating),
        ])
        .version(review::Column::Version)
        .timestamps(review::Column::CreatedAt, review::Column::UpdatedAt)
        .done()
}

/// Reviews that anybody writes in anybody's name, but for their text.
fn ghostwritten_reviews() -> Declaration {
    expose::<review::Entity>("Review")
        .read(everyone())
        .fields([
            review::Column::Id,
            review::Column::Rating,
            review::Column::Body,
            review::Column::Version,
        ])
        .relations([review::Relation::Author, review::Relation::Product])
        .create(everyone())
        .inputs([
            input(review::Column::ProductId),
            input(review::Column::AuthorId),
            input(review::Column::Rating),
            input(review::Column::Body).only(owner(review::Column::AuthorId)),
        ])
        .version(review::Column::Version)
        .timestamps(review::Column::CreatedAt, review::Column::UpdatedAt)
        .done()
}

struct Shop {
    app: TestApp,
    engine: Engine,
}

impl Shop {
    async fn on_every_database() -> Vec<Self> {
        Self::with(reviews).await
    }

    async fn with(reviews: fn() -> Declaration) -> Vec<Self> {
        let mut shops = Vec::new();
        for app in TestApp::on_every_database().await {
            let catalog = Catalog::new(vec![users(), products(), reviews()]).unwrap();
            let engine = app.engine(Arc::new(catalog), Limits::default());
            shops.push(Self { app, engine });
        }
        shops
    }

    /// What somebody is answered.
    async fn answer(&self, actor: &str, query: &str) -> Value {
        let requester = self.app.actor(actor).await.requester;
        let request = GraphqlRequest {
            query,
            ..GraphqlRequest::default()
        };
        let identity = Identity {
            requester,
            ..Identity::ANONYMOUS
        };
        let answer = self.engine.answer(request, identity, &Arc::default()).await;
        match answer.errors.first() {
            Some(error) => error.to_json(None)["extensions"]["code"].clone(),
            None => serde_json::from_slice(&answer.data.unwrap()).unwrap(),
        }
    }

    /// The codes and paths of the errors of a payload called `it`.
    async fn errors(&self, actor: &str, field: &str) -> Value {
        let query = format!("mutation {{ it: {field} {{ userErrors {{ code path }} }} }}");
        self.answer(actor, &query).await["it"]["userErrors"].clone()
    }

    async fn id_of(&self, email: &str) -> String {
        let query = format!("{{ user(by: {{email: {email:?}}}) {{ id }} }}");
        let answer = self.answer("staff", &query).await;
        answer["user"]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn nobody_gives_away_what_is_theirs_or_takes_what_is_not() {
    for shop in Shop::on_every_database().await {
        let (ada, alan) = (
            shop.id_of("ada@example.com").await,
            shop.id_of("alan@example.com").await,
        );
        let query = format!(
            "{{ mine: reviews(first: 1, filter: {{author: {{id: {{eq: {ada:?}}}}}}}) {{ nodes {{ id }} }} \
             theirs: reviews(first: 1, filter: {{author: {{id: {{eq: {alan:?}}}}}}}) {{ nodes {{ id }} }} }}"
        );
        let known = shop.answer("ada", &query).await;
        let mine = known["mine"]["nodes"][0]["id"].as_str().unwrap();
        let theirs = known["theirs"]["nodes"][0]["id"].as_str().unwrap();
        let give = format!(
            "updateReview(by: {{id: {mine:?}}}, patch: {{author: {{id: {alan:?}}}, rating: 1}})"
        );
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["patch"] }]);
        assert_eq!(shop.errors("ada", &give).await, refused);
        let take =
            format!("updateReview(by: {{id: {theirs:?}}}, patch: {{author: {{id: {ada:?}}}}})");
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["by"] }]);
        assert_eq!(shop.errors("ada", &take).await, refused);
        let delete = format!("deleteReview(by: {{id: {theirs:?}}})");
        assert_eq!(shop.errors("ada", &delete).await, refused);
        // Nor is anything made in somebody else's name.
        let sku = shop
            .answer(
                "staff",
                "{ products(first: 1, filter: {status: {eq: ACTIVE}}) { nodes { sku } } }",
            )
            .await;
        let sku = sku["products"]["nodes"][0]["sku"]
            .as_str()
            .unwrap()
            .to_owned();
        let make = |author: &str| {
            format!(
                "createReview(input: {{product: {{sku: {sku:?}}}, author: {{id: {author:?}}}, rating: 5}})"
            )
        };
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["input"] }]);
        assert_eq!(shop.errors("ada", &make(&alan)).await, refused);
        let after = shop.answer("ada", &query).await;
        assert_eq!(after, known);
        // And what is theirs stays out of their bulk changes.
        let bulk = "updateReviews(filter: {rating: {gte: 1}}, patch: {rating: 3}, atMost: 100)";
        assert_eq!(shop.errors("ada", bulk).await, json!([]));
        let query = format!(
            "{{ reviewAggregate(filter: {{rating: {{ne: 3}}, author: {{id: {{eq: {alan:?}}}}}}}) {{ count }} }}"
        );
        let others = shop.answer("ada", &query).await;
        assert_ne!(others["reviewAggregate"]["count"], json!(0));
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn rows_are_written_where_the_rule_holds_before_and_after() {
    for shop in Shop::on_every_database().await {
        let query = "{ active: products(first: 1, filter: {status: {eq: ACTIVE}}) { nodes { sku } } \
                     draft: products(first: 1, filter: {status: {eq: DRAFT}}) { nodes { sku } } }";
        let known = shop.answer("staff", query).await;
        let sku = |status: &str| {
            known[status]["nodes"][0]["sku"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (active, draft) = (sku("active"), sku("draft"));
        let patch = |sku: &str, patch: &str| {
            format!("updateProduct(by: {{sku: {sku:?}}}, patch: {{{patch}}})")
        };
        let not_before = json!([{ "code": "NOT_ALLOWED", "path": ["by"] }]);
        let not_after = json!([{ "code": "NOT_ALLOWED", "path": ["patch"] }]);
        let staff = |field: String| async {
            let field = field;
            shop.errors("staff", &field).await
        };
        assert_eq!(staff(patch(&draft, "stock: 1")).await, not_before);
        assert_eq!(staff(patch(&active, "status: DRAFT")).await, not_after);
        assert_eq!(staff(patch(&active, "stock: 1")).await, json!([]));
        // To those who do not see it, it is not there.
        let absent = json!([{ "code": "NOT_FOUND", "path": ["by"] }]);
        assert_eq!(shop.errors("ada", &patch(&draft, "stock: 1")).await, absent);
        assert_eq!(
            shop.errors("ada", &patch("NO-SUCH", "stock: 1")).await,
            absent
        );
        // Inputs are for those who may give and read them.
        let hidden = json!("GRAPHQL_VALIDATION_FAILED");
        let whole = |patch: &str| {
            format!(
                "mutation {{ updateProduct(by: {{sku: {active:?}}}, patch: {{{patch}}}) {{ \
                 userErrors {{ code }} }} }}"
            )
        };
        assert_eq!(shop.answer("ada", &whole("costCents: 1")).await, hidden);
        assert_eq!(
            shop.answer("anonymous", &whole("status: DRAFT")).await,
            hidden
        );
        assert_eq!(
            shop.answer("staff", &whole("costCents: 1")).await["updateProduct"]["userErrors"],
            json!([])
        );
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_not_written_either() {
    for shop in Shop::on_every_database().await {
        let (ada, alan) = (
            shop.id_of("ada@example.com").await,
            shop.id_of("alan@example.com").await,
        );
        let patch =
            |id: &str, patch: &str| format!("updateUser(by: {{id: {id:?}}}, patch: {{{patch}}})");
        // Everyone may change names here, and read addresses of their own only.
        let name = patch(&alan, "displayName: \"A. M. T.\"");
        assert_eq!(shop.errors("ada", &name).await, json!([]));
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["by"] }]);
        let email = patch(&alan, "email: \"mine@example.com\"");
        assert_eq!(shop.errors("ada", &email).await, refused);
        // Nobody is found by an address that may not be read.
        let by_email = "updateUser(by: {email: \"alan@example.com\"}, patch: {displayName: \"X\"})";
        let absent = json!([{ "code": "NOT_FOUND", "path": ["by"] }]);
        assert_eq!(shop.errors("ada", by_email).await, absent);
        let by_filter =
            "updateUsers(filter: {email: {startsWith: \"alan\"}}, patch: {displayName: \"X\"})";
        assert_eq!(shop.errors("ada", by_filter).await, json!([]));
        let query = format!("{{ user(by: {{id: {alan:?}}}) {{ displayName }} }}");
        let read = shop.answer("ada", &query).await;
        assert_eq!(read["user"]["displayName"], json!("A. M. T."));
        // An address is stored in its one form.
        let own = patch(&ada, "email: \"Countess@Example.com\"");
        assert_eq!(shop.errors("ada", &own).await, json!([]));
        let query = format!("{{ user(by: {{id: {ada:?}}}) {{ email }} }}");
        let read = shop.answer("staff", &query).await;
        assert_eq!(read["user"]["email"], json!("countess@example.com"));
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn whoever_may_not_write_a_row_does_not_learn_that_its_key_is_taken() {
    for shop in Shop::on_every_database().await {
        let alan = shop.id_of("alan@example.com").await;
        let query = format!(
            "{{ reviews(first: 50, filter: {{author: {{id: {{eq: {alan:?}}}}}}}) {{ nodes {{ product {{ sku }} }} }} \
             products(first: 50, filter: {{status: {{eq: ACTIVE}}}}) {{ nodes {{ sku }} }} }}"
        );
        let known = shop.answer("ada", &query).await;
        let of_alan: Vec<_> = known["reviews"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|review| review["product"]["sku"].as_str())
            .collect();
        let active = known["products"]["nodes"].as_array().unwrap();
        let mut active = active.iter().filter_map(|product| product["sku"].as_str());
        let mut free = || active.find(|sku| !of_alan.contains(sku)).unwrap();
        let (first, second, third) = (of_alan[0], free(), free());
        let row = |sku: &str| {
            format!("{{product: {{sku: {sku:?}}}, author: {{id: {alan:?}}}, rating: 5}}")
        };
        // Alan has reviewed the one, and not the other. Ada is told the same.
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["input"] }]);
        for sku in [first, second] {
            let field = format!("createReview(input: {})", row(sku));
            assert_eq!(shop.errors("ada", &field).await, refused);
        }
        // Nor by how many of several rows are refused, and which.
        let refused = json!([
            { "code": "NOT_ALLOWED", "path": ["input", "0"] },
            { "code": "NOT_ALLOWED", "path": ["input", "1"] },
        ]);
        for (one, other) in [
            (second, third),
            (first, second),
            (second, first),
            (first, first),
        ] {
            let field = format!("createReviews(input: [{}, {}])", row(one), row(other));
            assert_eq!(shop.errors("ada", &field).await, refused, "{field}");
        }
        let taken = json!([{ "code": "CONFLICT", "path": ["input", "product"] }]);
        let field = format!("createReview(input: {})", row(first));
        assert_eq!(shop.errors("alan", &field).await, taken);

        // Nor by what they make of a row that they may write.
        let patch = |patch: String| {
            let sku = second;
            format!("updateProduct(by: {{sku: {sku:?}}}, patch: {{{patch}}})")
        };
        let taken = json!([{ "code": "CONFLICT", "path": ["patch", "sku"] }]);
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["patch"] }]);
        let field = patch(format!("sku: {first:?}"));
        assert_eq!(shop.errors("staff", &field).await, taken);
        for sku in [first, "NO-SUCH"] {
            let field = patch(format!("sku: {sku:?}, status: DRAFT"));
            assert_eq!(shop.errors("staff", &field).await, refused);
        }
        shop.app.remove().await;
    }
}

#[tokio::test]
async fn what_one_row_gives_binds_no_other() {
    for shop in Shop::with(ghostwritten_reviews).await {
        let (ada, alan) = (
            shop.id_of("ada@example.com").await,
            shop.id_of("alan@example.com").await,
        );
        let query = "{ products(first: 20, filter: {status: {eq: ACTIVE}}) { nodes { sku } } \
                     reviews(first: 100) { nodes { product { sku } } } }";
        let known = shop.answer("staff", query).await;
        let reviewed = known["reviews"].to_string();
        let mut products = known["products"]["nodes"].as_array().unwrap().iter();
        let sku = products
            .find(|product| !reviewed.contains(product["sku"].as_str().unwrap()))
            .unwrap()["sku"]
            .clone();
        let row = |author: &str, more: &str| {
            format!("{{product: {{sku: {sku}}}, author: {{id: {author:?}}}, rating: 5{more}}}")
        };
        let text = ", body: \"Good.\"";
        let refused = json!([{ "code": "NOT_ALLOWED", "path": ["input", "1"] }]);
        let field = format!(
            "createReviews(input: [{}, {}])",
            row(&ada, ""),
            row(&alan, text)
        );
        assert_eq!(shop.errors("ada", &field).await, refused);
        let field = format!(
            "createReviews(input: [{}, {}])",
            row(&ada, text),
            row(&alan, "")
        );
        assert_eq!(shop.errors("ada", &field).await, json!([]));
        shop.app.remove().await;
    }
}
