//! Every database gives the same answer to every operation.

use super::answers::Answer;
use super::facts::Facts;
use super::operations::{Generator, Operation};
use super::servers::{Caller, Server};
use super::shrink::shrink;
use super::{operations_per_role, seed};
use crate::app::announce;

#[tokio::test]
async fn every_database_gives_the_same_answers() {
    let servers = Server::on_every_database().await;
    for caller in Caller::ALL {
        let facts = Facts::gather(&servers[0], caller).await;
        let generator = Generator::new(caller, facts, seed());
        let (mut data, mut total) = (0, 0);
        for number in 0..operations_per_role() {
            let operation = generator.operation(number);
            let answers = ask(&servers, &operation, caller).await;
            total += 1;
            data += usize::from(answers[0].has_data());
            if !answers[0].has_data() { announce(&format!("{} {}", operation.body(), answers[0].comparable())); }
            assert!(agree(&answers), "{}", operation.as_case(caller));
        }
        announce(&format!("{} {data} of {total}", caller.name()));
    }
    for server in servers {
        announce(&format!("{} {:?}", server.name(), server.peak_memory()));
        server.remove().await;
    }
}

async fn ask(servers: &[Server], operation: &Operation, caller: Caller) -> Vec<Answer> {
    futures_util::future::join_all(servers.iter().map(|server| server.send(operation, caller))).await
}

fn agree(answers: &[Answer]) -> bool {
    let mut texts = answers.iter().map(Answer::comparable);
    let first = texts.next();
    texts.all(|text| Some(text) == first)
}
