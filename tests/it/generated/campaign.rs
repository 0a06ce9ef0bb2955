//! Sends many operations, holds each against a property, and tells of those
//! that fail.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use super::answers::Answer;
use super::operations::{Generator, Operation};
use super::shrink::shrink;
use crate::app::announce;

/// How many operations are under way at a time.
const LANES: usize = 8;
/// How many pages an operation is followed for.
const MOST_FOLLOWED: usize = 3;
/// How many faults are told; the rest are mostly the same ones again.
const MOST_FAULTS: usize = 3;
/// After how many operations a long run says how far it is.
const STRIDE: u64 = 2_000;

/// What came of one operation.
pub struct Verdict {
    /// An answer to it.
    pub answer: Answer,
    /// What is wrong, where something is.
    pub fault: Option<String>,
}

/// What came of many operations.
#[derive(Debug, Default)]
pub struct Tally {
    pub operations: usize,
    /// How many of those ask for groups, and how many for other statistics.
    pub grouped: usize,
    pub statistical: usize,
    pub follow_ups: usize,
    /// How many were answered with data.
    pub answered: usize,
    /// How many of those had something in them.
    pub with_rows: usize,
    /// The others, by code.
    pub refused: BTreeMap<String, usize>,
    /// One that does not fit the schema, which is the generator's mistake.
    pub unfit: Option<String>,
    /// Each with the smallest operation that has it.
    pub faults: Vec<String>,
}

/// Checks so many operations, and others that follow from their answers.
pub async fn run(
    generator: &Generator,
    count: u64,
    check: impl AsyncFn(&Operation) -> Verdict,
) -> Tally {
    let tally = Mutex::new(Tally::default());
    let failed = Mutex::new(Vec::new());
    stream::iter(0..count)
        .for_each_concurrent(LANES, async |number| {
            if number > 0 && number.is_multiple_of(STRIDE) {
                let caller = generator.caller().name();
                announce(&format!("generated: {caller}: {number} of {count}"));
            }
            let mut operation = generator.operation(number);
            for follow_up in 0..=MOST_FOLLOWED {
                if failed.lock().unwrap().len() >= MOST_FAULTS {
                    return;
                }
                let verdict = check(&operation).await;
                tally
                    .lock()
                    .unwrap()
                    .add(generator, &operation, &verdict.answer, follow_up > 0);
                if let Some(fault) = verdict.fault {
                    failed.lock().unwrap().push((number, operation, fault));
                    return;
                }
                if operation.cursors.is_empty() || !verdict.answer.has_data() {
                    return;
                }
                match generator.follow_up(&operation, &verdict.answer.json(), number) {
                    Some(next) => operation = next,
                    None => return,
                }
            }
        })
        .await;
    let mut tally = tally.into_inner().unwrap();
    for (number, operation, fault) in failed.into_inner().unwrap() {
        let small = shrink(operation.clone(), async |smaller| {
            check(smaller).await.fault.is_some()
        })
        .await;
        let again = check(&small).await.fault;
        let fault = again.unwrap_or_else(|| format!("{fault}\nIt did not happen again."));
        let caller = generator.caller();
        tally.faults.push(format!(
            "seed {}, number {number}, {}:\n{}\n{fault}\nIt was made of:\n{}",
            super::seed(),
            caller.name(),
            small.as_case(caller),
            operation.as_case(caller),
        ));
    }
    announce(&format!(
        "generated: seed {}, {}: {}",
        super::seed(),
        generator.caller().name(),
        tally.summary()
    ));
    tally
}

impl Tally {
    fn add(
        &mut self,
        generator: &Generator,
        operation: &Operation,
        answer: &Answer,
        follows: bool,
    ) {
        if follows {
            self.follow_ups += 1;
        } else {
            self.operations += 1;
            let asks = |words: &[&str]| words.iter().any(|word| operation.document.contains(word));
            if asks(&["Groups(", "facets"]) {
                self.grouped += 1;
            } else if asks(&["Aggregate"]) {
                self.statistical += 1;
            }
        }
        if answer.has_data() {
            self.answered += 1;
            self.with_rows += usize::from(has_rows(generator, &answer.json()["data"]));
        } else {
            let code = answer.code();
            if matches!(&*code, "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED") {
                let case = operation.as_case(generator.caller());
                self.unfit = Some(format!("{case}{}", answer.comparable()));
            }
            *self.refused.entry(code).or_default() += 1;
        }
    }

    /// The share of answers with data, in percent.
    pub fn answered_percent(&self) -> usize {
        self.answered * 100 / (self.operations + self.follow_ups).max(1)
    }

    fn summary(&self) -> String {
        let mut text = format!(
            "{} operations ({} with groups, {} with other statistics) and {} that follow; \
             {} % answered, {} % of those with rows",
            self.operations,
            self.grouped,
            self.statistical,
            self.follow_ups,
            self.answered_percent(),
            self.with_rows * 100 / self.answered.max(1),
        );
        for (code, count) in &self.refused {
            write!(text, ", {code} {count}").unwrap();
        }
        text
    }

    /// Fails where something was wrong, or where too little was asked for the
    /// rest to mean anything.
    #[track_caller]
    pub fn assert_good(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        if let Some(unfit) = &self.unfit {
            panic!("the generator makes what does not fit the schema:\n{unfit}");
        }
        assert!(self.answered_percent() >= 85, "{}", self.summary());
    }
}

/// Whether data has anything in it but empty lists, nulls and type names.
fn has_rows(generator: &Generator, data: &Value) -> bool {
    match data {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !generator
            .vocabulary()
            .schema
            .types
            .contains_key(text.as_str()),
        Value::Array(items) => items.iter().any(|item| has_rows(generator, item)),
        Value::Object(members) => members.values().any(|member| has_rows(generator, member)),
    }
}
