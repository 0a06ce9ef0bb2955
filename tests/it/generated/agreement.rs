//! Every database gives the same answer to every operation.

use futures_util::future::join_all;

use super::answers::Answer;
use super::campaign::{self, Verdict};
use super::facts::Facts;
use super::operations::{Generator, Operation};
use super::servers::{Caller, Server};
use super::{operations_per_role, seed};

/// The most bytes of an answer that are told.
const LONGEST: usize = 600;
/// How many of them are before what differs.
const BEFORE: usize = 200;

#[tokio::test]
async fn every_database_gives_the_same_answers() {
    let servers = Server::on_every_database().await;
    let mut tallies = Vec::new();
    for caller in Caller::ALL {
        let facts = Facts::gather(&servers[0], caller).await;
        let generator = Generator::new(caller, facts, seed());
        let check = async |operation: &Operation| compare(&servers, operation, caller).await;
        tallies.push(campaign::run(&generator, operations_per_role(), check).await);
    }
    let faults = Server::end_all(servers).await;
    for tally in tallies {
        tally.assert_good();
    }
    assert!(faults.is_empty(), "{faults:?}");
}

async fn compare(servers: &[Server], operation: &Operation, caller: Caller) -> Verdict {
    let sent = servers.iter().map(|server| server.send(operation, caller));
    let mut answers = join_all(sent).await;
    let fault = differences(servers, &answers);
    Verdict {
        answer: answers.swap_remove(0),
        fault,
    }
}

/// In what answers differ, or what is wrong with one of them.
pub fn differences(servers: &[Server], answers: &[Answer]) -> Option<String> {
    let differ = !answers.iter().all(|answer| answer.agrees(&answers[0]));
    let faults: Vec<_> = answers.iter().map(Answer::fault).collect();
    if !differ && faults.iter().all(Option::is_none) {
        return None;
    }
    let texts: Vec<_> = answers.iter().map(Answer::comparable).collect();
    let same = |place: usize| {
        let mut letters = texts.iter().map(|text| text.as_bytes().get(place));
        letters
            .next()
            .flatten()
            .is_some_and(|first| letters.all(|letter| letter == Some(first)))
    };
    let parting = (0..texts[0].len()).find(|place| !same(*place));
    let parting = parting.unwrap_or(texts[0].len());
    let from = if differ {
        parting.saturating_sub(BEFORE)
    } else {
        0
    };
    let mut told = Vec::new();
    for ((server, text), (answer, fault)) in
        servers.iter().zip(&texts).zip(answers.iter().zip(faults))
    {
        let end = text.len().min(from + LONGEST);
        let shown = String::from_utf8_lossy(&text.as_bytes()[from.min(end)..end]);
        let fault = fault.map(|fault| format!("{fault}: ")).unwrap_or_default();
        let dots = if from > 0 { "…" } else { "" };
        told.push(format!("{}: {fault}{dots}{shown}", server.name()));
        if answer.is_failure() {
            told.push(server.log());
        }
    }
    Some(told.join("\n"))
}
