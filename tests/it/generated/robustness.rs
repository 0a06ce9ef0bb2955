//! Whatever is sent, the server answers, with data or with errors that
//! programs can read, and lives on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};

use super::agreement::differences;
use super::answers::Answer;
use super::facts::Facts;
use super::mutations::mutation;
use super::operations::{Generator, Operation};
use super::servers::{Caller, Server};
use super::shrink::shrink_bytes;
use super::{mutation_count, seed};
use crate::app::announce;

/// How many requests are under way at a time.
const LANES: usize = 4;
/// How many faults are told.
const MOST_FAULTS: usize = 3;

#[tokio::test]
async fn whatever_is_sent_is_answered() {
    let servers = Server::on_every_database().await;
    let mut generators = Vec::new();
    for caller in Caller::ALL {
        let facts = Facts::gather(&servers[0], caller).await;
        generators.push(Generator::new(caller, facts, seed()));
    }
    let outcomes = Mutex::new(BTreeMap::<String, usize>::new());
    let failed = Mutex::new(Vec::new());
    stream::iter(0..mutation_count())
        .for_each_concurrent(LANES, async |number| {
            if failed.lock().unwrap().len() >= MOST_FAULTS {
                return;
            }
            let (caller, mutation) = mutation(&generators, seed(), number);
            let caller = Caller::ALL[caller];
            let (answer, fault) = check(&servers, &mutation.body, caller).await;
            let outcome = if answer.has_data() {
                "data".to_owned()
            } else {
                answer.code()
            };
            *outcomes.lock().unwrap().entry(outcome).or_default() += 1;
            if fault.is_some() {
                failed.lock().unwrap().push((number, caller, mutation));
            }
        })
        .await;
    announce(&format!(
        "generated: mutations: {:?}",
        outcomes.into_inner().unwrap()
    ));
    let mut faults = Vec::new();
    for (number, caller, mutation) in failed.into_inner().unwrap() {
        let body = shrink_bytes(mutation.body, async |smaller| {
            check(&servers, smaller, caller).await.1.is_some()
        })
        .await;
        let (_, fault) = check(&servers, &body, caller).await;
        faults.push(format!(
            "seed {}, mutation {number} ({}), {}:\n{}\n{}",
            seed(),
            mutation.kind,
            caller.name(),
            String::from_utf8_lossy(&body),
            fault.unwrap_or_default(),
        ));
    }
    let hello = Operation::new(
        "{ products(first: 1) { nodes { id } } }".to_owned(),
        serde_json::Map::new(),
    );
    for server in &servers {
        for caller in Caller::ALL {
            let answer = server.send(&hello, caller).await;
            if !answer.has_data() {
                faults.push(format!("{}: {}", server.name(), answer.comparable()));
            }
        }
    }
    faults.extend(Server::end_all(servers).await);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// One of the answers to a body, and what is wrong with them.
async fn check(servers: &[Server], body: &[u8], caller: Caller) -> (Answer, Option<String>) {
    let mut answers = join_all(servers.iter().map(|server| server.post(body, caller))).await;
    let fault = differences(servers, &answers);
    (answers.swap_remove(0), fault)
}
