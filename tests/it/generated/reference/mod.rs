//! Answers are what the descriptions say: an evaluation of its own, plain
//! loops over all rows in memory, comes to the same.
//!
//! [`request`] says which fields are asked for, [`plan`] what they mean, and
//! [`answer`] what they come to, with [`condition`], [`sorting`],
//! [`listing`] and [`facets`] for lists, [`figure`] and [`having`] for
//! statistics that rows and groups are chosen and sorted by, and [`grouping`]
//! for groups. None of it knows the engine: it was written from the schema's
//! descriptions, the manual and the design. What these leave open is skipped
//! and counted, never taken for right.

mod answer;
mod clock;
mod comparison;
mod condition;
mod cursors;
mod datum;
mod facets;
mod figure;
mod grouping;
mod having;
mod listing;
mod model;
mod path;
mod plan;
mod request;
mod rows;
mod sorting;
mod statistics;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Mutex;

use apollo_compiler::ExecutableDocument;
use purser::access::Role;

use self::comparison::difference;
use self::cursors::Cursors;
use self::plan::Planner;
use self::request::Request;
use self::rows::Rows;
use super::additions::with_additions;
use super::answers::Answer;
use super::campaign::{self, Verdict};
use super::facts::Facts;
use super::operations::{Generator, Operation};
use super::rewrite::rewrite;
use super::rules::Viewer;
use super::servers::{Caller, Server};
use super::shop::Shop;
use super::vocabulary::Vocabulary;
use super::{operations_per_role, seed};
use crate::app::{TestApp, announce};

/// Why there is no answer.
pub enum Stop {
    /// The request is to be refused with this code.
    Refused(&'static str),
    /// It asks for something that this evaluation knows nothing of.
    Skipped(String),
}

fn refused<T>(code: &'static str) -> Result<T, Stop> {
    Err(Stop::Refused(code))
}

fn skipped<T>(what: &str) -> Result<T, Stop> {
    Err(Stop::Skipped(what.to_owned()))
}

/// Evaluates requests of one caller.
struct Reference<'s> {
    rows: Rows<'s>,
    vocabulary: &'s Vocabulary,
    cursors: Cursors,
    outcomes: Mutex<BTreeMap<String, usize>>,
}

impl Reference<'_> {
    /// In what an answer is not as it has to be.
    fn fault(&self, operation: &Operation, answer: &Answer) -> Option<String> {
        let schema = &self.vocabulary.schema;
        let parsed =
            ExecutableDocument::parse_and_validate(schema, &operation.document, "operation");
        let Ok(document) = parsed else {
            // The campaign tells of it.
            return None;
        };
        let read = Request::new(&document, &operation.variables);
        let planned = read.and_then(|(request, selections)| {
            let planner = Planner {
                vocabulary: self.vocabulary,
                cursors: &self.cursors,
                request,
            };
            planner.root(selections)
        });
        let expected = planned.map(|planned| answer::root(&self.rows, &planned));
        let exceeded = self.rows.has_exceeded();
        let (outcome, fault) = match expected {
            Err(Stop::Skipped(what)) => {
                if answer.has_data() {
                    self.cursors.give_up(&answer.json()["data"]);
                }
                (format!("skipped: {what}"), None)
            }
            Err(Stop::Refused(code)) if answer.code() == code => ("refused alike".to_owned(), None),
            Err(Stop::Refused(code)) => {
                let fault = format!("expected {code}: {}", answer.comparable());
                ("wrong".to_owned(), Some(fault))
            }
            // What is too much is for the server to say.
            Ok(_) if answer.code() == "QUERY_TOO_COMPLEX" => ("too complex".to_owned(), None),
            Ok(_) if exceeded => {
                if answer.code() == "OUT_OF_RANGE" {
                    ("out of range".to_owned(), None)
                } else {
                    let fault = format!("expected OUT_OF_RANGE: {}", answer.comparable());
                    ("wrong".to_owned(), Some(fault))
                }
            }
            Ok(_) if !answer.has_data() => {
                let fault = format!("expected data: {}", answer.comparable());
                ("wrong".to_owned(), Some(fault))
            }
            Ok(expected) => {
                let fault = difference(&expected, &answer.json()["data"], &self.cursors, "data");
                let outcome = if fault.is_none() {
                    "answered alike"
                } else {
                    "wrong"
                };
                (outcome.to_owned(), fault)
            }
        };
        *self.outcomes.lock().unwrap().entry(outcome).or_default() += 1;
        fault
    }

    /// How many operations it had something to say about, in percent, and what
    /// the others asked for.
    fn covered(&self) -> (usize, String) {
        let outcomes = self.outcomes.lock().unwrap();
        let all: usize = outcomes.values().sum();
        let skipped = outcomes.iter();
        let skipped = skipped.filter(|(outcome, _)| outcome.starts_with("skipped"));
        let mut skipped: Vec<_> = skipped.collect();
        skipped.sort_by_key(|(_, count)| Reverse(**count));
        let uncovered: usize = skipped.iter().map(|(_, count)| *count).sum();
        let lines = skipped
            .iter()
            .map(|(outcome, count)| format!("{outcome} ({count} times)"));
        let covered = (all - uncovered) * 100 / all.max(1);
        (covered, lines.collect::<Vec<_>>().join("\n"))
    }
}

#[test]
fn every_entity_and_relation_is_known_to_the_reference() {
    let unknown = model::unknown(&Vocabulary::new(Role::Admin));
    assert!(
        unknown.is_empty(),
        "the reference does not know {}; add this to ENTITIES in \
         tests/it/generated/reference/model.rs",
        unknown.join(", ")
    );
}

#[tokio::test]
async fn answers_are_what_the_descriptions_say() {
    let apps = TestApp::on_every_database().await;
    let count = operations_per_role().div_ceil(apps.len() as u64);
    let mut faults = Vec::new();
    for (place, app) in apps.into_iter().enumerate() {
        let (server, shop) = serve(app).await;
        announce(&format!("generated: reference: {}", server.name()));
        for caller in Caller::ALL {
            let facts = Facts::gather(&server, caller).await;
            let generator = Generator::new(caller, facts, seed() + 1000 * place as u64);
            let reference = Reference {
                rows: Rows::new(&shop, Viewer::of(&server.app, caller).await),
                vocabulary: generator.vocabulary(),
                cursors: Cursors::default(),
                outcomes: Mutex::default(),
            };
            let mut tally = campaign::run(&generator, count, async |operation| {
                let answer = server.send(operation, caller).await;
                let fault = reference.fault(operation, &answer);
                Verdict { answer, fault }
            })
            .await;
            let (covered, skipped) = reference.covered();
            let outcomes = reference.outcomes.into_inner().unwrap();
            announce(&format!(
                "generated: reference: {covered} % covered, {outcomes:?}"
            ));
            faults.append(&mut tally.faults);
            tally.assert_good();
            assert!(
                covered >= 95,
                "only {covered} % covered; what is asked for here has no meaning in \
                 tests/it/generated/reference yet (entities and relations are in model.rs):\n\
                 {skipped}"
            );
        }
        faults.extend(Server::end_all(vec![server]).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A server on a shop with more in it than is seeded.
async fn serve(app: TestApp) -> (Server, Shop) {
    let db = app.database().orm();
    let seeded = Shop::load(db).await;
    let shop = with_additions(&seeded, Viewer::of(&app, Caller::Ada).await);
    rewrite(db, &seeded, &shop).await;
    (Server::start(app).await, shop)
}
