//! Sequences of mutations that nobody thought of, held against a model: what
//! each must be answered, and what must be there in the end, by everybody's
//! rights and on every database.
//!
//! - `GENERATED_SEQUENCES`: how many; 100 unless said.
//! - `GENERATED_SEED`: other numbers make other sequences.

mod model;
mod step;

use std::fmt::Write as _;

use serde_json::{Value, json};

use self::model::Model;
use self::step::Step;
use crate::app::{TestApp, Variant, announce};
use crate::generated::random::Random;
use crate::generated::{seed, setting};

/// Who asks, the more who may do more.
const ACTORS: [&str; 8] = [
    "anonymous",
    "ada",
    "alan",
    "staff",
    "staff",
    "staff",
    "admin",
    "admin",
];

/// How many operations a sequence has.
const STEPS: usize = 12;

/// How many sequences are sent with everything twice.
const TWICE: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sequences_of_mutations_come_to_what_the_model_says() {
    let count = setting("GENERATED_SEQUENCES", 100);
    let (done, refused) = run(count, false).await;
    announce(&format!(
        "sequences: seed {}: {count} of {done} operations, of which {refused} were refused",
        seed()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_sends_everything_twice_comes_to_the_same() {
    run(TWICE, true).await;
}

/// Sends sequences to every database, and each request once more with the same
/// key if that is asked.
async fn run(count: u64, twice: bool) -> (usize, usize) {
    let mut apps = Vec::new();
    for app in TestApp::on_every_database().await {
        // Who may review is the shop's own rule, and tested apart.
        let node = app
            .node(Variant {
                shop: purser::shop::ShopRules {
                    reviewers: purser::shop::Reviewers::Everyone,
                },
                ..Variant::default()
            })
            .await;
        apps.push((app, node));
    }
    let (mut done, mut refused) = (0, 0);
    for number in 0..count {
        let mut random = Random::new(seed(), "sequences", number);
        let mut model = Model::new(&format!("q{number}"));
        let mut told = String::new();
        for place in 0..STEPS {
            // Most of what can be done is done to something.
            let (steps, actor) = if place == 0 {
                (Step::first(&model), "admin")
            } else {
                let steps = Step::several(&mut random, &model);
                (steps, *random.pick(&ACTORS))
            };
            let document = Step::document(&steps, &model);
            writeln!(told, "# actor: {actor}\n{document}").unwrap();
            let expected = model.apply(actor, &steps);
            refused += usize::from(expected.to_string().contains("code"));
            done += 1;
            for (_, node) in &apps {
                for reply in send(node, actor, &document, twice, done).await {
                    assert_eq!(
                        answer(&reply),
                        expected,
                        "{}, seed {}, sequence {number}:\n{told}\n{reply:#}",
                        node.database().dialect(),
                        seed(),
                    );
                }
            }
        }
        let state = model.state();
        for (_, node) in &apps {
            let reply = node.admin().await.query(&model.reading()).await;
            assert_eq!(
                reply.data(),
                state,
                "{}, seed {}, sequence {number}:\n{told}",
                node.database().dialect(),
                seed(),
            );
        }
    }
    for (app, node) in apps {
        node.database().close().await;
        app.remove().await;
    }
    (done, refused)
}

/// What a request is answered, each time that it is sent.
async fn send(
    node: &TestApp,
    actor: &str,
    document: &str,
    twice: bool,
    number: usize,
) -> Vec<Value> {
    let actor = node.actor(actor).await;
    if !twice {
        return vec![actor.query(document).await.json()];
    }
    let actor = actor.with_key(&format!("operation-{number}"));
    let first = actor.query(document).await;
    let second = actor.query(document).await;
    vec![first.json(), second.json()]
}

/// What of an answer the model tells: the data without messages, or the code of
/// why there is none.
fn answer(reply: &Value) -> Value {
    if let Some(errors) = reply.get("errors").and_then(Value::as_array) {
        return json!({ "refused": errors[0]["extensions"]["code"] });
    }
    reply["data"].clone()
}
