//! Nobody learns anything of what they may not read: two shops that differ
//! only in that answer every operation alike, to the byte.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all};
use serde_json::Value;
use uuid::Uuid;

use super::additions::with_additions;
use super::agreement::differences;
use super::answers::Answer;
use super::campaign::{self, Verdict};
use super::facts::Facts;
use super::operations::{Generator, Operation};
use super::rewrite::{rewrite, shuffle};
use super::rules::{Viewer, target};
use super::servers::{Caller, Server};
use super::shop::{Shop, Table};
use super::twin::twin;
use super::writes::Writes;
use super::{operations_per_role, seed};
use crate::app::{TestApp, announce};

/// Who asks which kind of database. The ones that see little have the most
/// hidden from them.
const ROUNDS: [&[Caller]; 3] = [
    &Caller::ALL,
    &[Caller::Ada, Caller::Staff],
    &[Caller::Anonymous, Caller::Ada],
];
/// From so many operations on, everybody asks every kind of database.
const MANY: u64 = 2000;
/// How many operations the admin is asked.
const ASKED: u64 = 40;

#[tokio::test]
async fn nobody_learns_what_they_may_not_read() {
    let (apps, twins) = Box::pin(join(
        TestApp::on_every_database(),
        TestApp::on_every_database(),
    ))
    .await;
    let count = operations_per_role();
    let mut faults = Vec::new();
    for (place, (app, twin)) in apps.into_iter().zip(twins).enumerate() {
        let callers = if count < MANY {
            ROUNDS[place]
        } else {
            &Caller::ALL
        };
        let mut pair = Pair::new(app, twin).await;
        for caller in callers {
            pair.disguise_from(*caller).await;
            let seed = seed() + 1000 * place as u64;
            for generator in pair.generators(*caller, seed).await {
                let check = async |operation: &Operation| pair.compare(operation, *caller).await;
                let tally = campaign::run(&generator, count.div_ceil(12), check).await;
                faults.extend(tally.faults);
                faults.extend(tally.unfit);
            }
            faults.extend(
                pair.interference_of_writes(*caller, seed, count.div_ceil(4))
                    .await,
            );
        }
        faults.extend(pair.indifference().await);
        faults.extend(Server::end_all(pair.servers).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Two servers of one kind of database.
struct Pair {
    /// The shop's and its twin's.
    servers: Vec<Server>,
    shop: Shop,
    /// What the twin's database has.
    twin: Shop,
}

impl Pair {
    async fn new(app: TestApp, twin: TestApp) -> Self {
        let seeded = Shop::load(app.database().orm()).await;
        let shop = with_additions(&seeded, Viewer::of(&app, Caller::Ada).await);
        for app in [&app, &twin] {
            rewrite(app.database().orm(), &seeded, &shop).await;
        }
        Self {
            servers: vec![Server::start(app).await, Server::start(twin).await],
            twin: shop.clone(),
            shop,
        }
    }

    /// Makes the twin differ in all that a caller may not read.
    async fn disguise_from(&mut self, caller: Caller) {
        let db = self.servers[1].app.database().orm();
        let viewer = Viewer::of(&self.servers[0].app, caller).await;
        let next = twin(&self.shop, viewer, caller.name(), seed());
        rewrite(db, &self.twin, &next).await;
        shuffle(db, &next).await;
        self.twin = Shop::load(db).await;
        assert_twins(&self.shop, &self.twin, viewer);
    }

    /// What is asked is made of the rows of either shop, and once more of
    /// those that the caller does not see.
    async fn generators(&self, caller: Caller, seed: u64) -> Vec<Generator> {
        let viewer = Viewer::of(&self.servers[0].app, caller).await;
        let mut generators = Vec::new();
        for (place, shop) in [&self.shop, &self.twin].into_iter().enumerate() {
            let seen: BTreeSet<_> = viewer
                .knowledge(shop)
                .into_values()
                .flat_map(BTreeMap::into_keys)
                .collect();
            let is_hidden = |id: &Value| {
                let key = id
                    .as_str()
                    .and_then(|id| id.split_once('_')?.1.parse().ok());
                key.is_none_or(|key: Uuid| !seen.contains(&key))
            };
            let facts = Facts::gather(&self.servers[place], caller).await;
            let hidden = facts.of_hidden_rows(is_hidden);
            let seed = seed + 2 * place as u64;
            generators.push(Generator::new(caller, facts, seed));
            generators.push(Generator::new(caller, hidden, seed + 1));
        }
        generators
    }

    async fn compare(&self, operation: &Operation, caller: Caller) -> Verdict {
        // What it costs tells nothing either.
        let mut operation = operation.clone();
        operation.extensions.insert("cost".to_owned(), true.into());
        let sent = self
            .servers
            .iter()
            .map(|server| server.send(&operation, caller));
        let mut answers = join_all(sent).await;
        let fault = (!is_same(&answers[0], &answers[1])).then(|| {
            differences(&self.servers, &answers).unwrap_or_else(|| "other blanks".to_owned())
        });
        Verdict {
            answer: answers.swap_remove(0),
            fault,
        }
    }

    /// What a caller can tell by mutations, with as many as it takes at most.
    async fn interference_of_writes(
        &self,
        caller: Caller,
        seed: u64,
        count: u64,
    ) -> Option<String> {
        let writes = Writes::of([&self.shop, &self.twin], caller, seed);
        let (mut done, mut refused) = (0, 0);
        for number in 0..count {
            let operation = writes.operation(number);
            let verdict = self.compare(&operation, caller).await;
            if let Some(fault) = verdict.fault {
                let case = operation.as_case(caller);
                return Some(format!("{}: {fault}\n{case}", caller.name()));
            }
            let answer = verdict.answer;
            if answer.is_failure() {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                return Some(format!("{body}\n{}", operation.as_case(caller)));
            }
            let is_refused = String::from_utf8_lossy(&answer.body).contains("\"code\"");
            refused += u64::from(is_refused);
            done += u64::from(!is_refused);
        }
        let name = self.servers[0].name();
        announce(&format!(
            "generated: {name}: {}: {done} mutations would be done, {refused} refused",
            caller.name()
        ));
        None
    }

    /// What is wrong with twins that not even the admin can tell apart, though
    /// they are some other's.
    async fn indifference(&mut self) -> Option<String> {
        self.disguise_from(Caller::Ada).await;
        let facts = Facts::gather(&self.servers[0], Caller::Admin).await;
        let generator = Generator::new(Caller::Admin, facts, seed());
        let mut told = 0;
        for number in 0..ASKED {
            let operation = generator.operation(number);
            told += u64::from(
                self.compare(&operation, Caller::Admin)
                    .await
                    .fault
                    .is_some(),
            );
        }
        (told < ASKED / 4).then(|| format!("the admin can tell in {told} of {ASKED} cases"))
    }
}

/// Whether two answers cannot be told apart but by the request's id.
fn is_same(one: &Answer, other: &Answer) -> bool {
    if one.has_data() {
        one.status == other.status && one.body == other.body
    } else {
        one.comparable() == other.comparable()
    }
}

/// Checks that a twin is the same to the viewer, and that there is nothing
/// else in which it is.
fn assert_twins(shop: &Shop, twin: &Shop, viewer: Viewer) {
    let (known, also_known) = (viewer.knowledge(shop), viewer.knowledge(twin));
    for (table, rows) in &known {
        let other = &also_known[table];
        let change = rows.iter().find(|(id, row)| other.get(*id) != Some(row));
        assert!(
            change.is_none(),
            "{viewer:?} sees a change: {table} {change:?}"
        );
        assert_eq!(rows.len(), other.len(), "{viewer:?} sees more {table}");
    }
    for table in shop.tables() {
        let other = twin.table(table.name);
        let known = &known[table.name];
        if known.len() < table.rows.len() {
            let gone = missing(table, other);
            let new = missing(other, table);
            assert!(gone > 0 && new > 0, "{viewer:?}: {} rows stay", table.name);
        }
        let mut kept = BTreeMap::<_, (usize, usize)>::new();
        for (id, row) in &table.rows {
            let Some(other) = other.rows.get(id) else {
                continue;
            };
            let known = known.get(id).map_or(&[][..], Vec::as_slice);
            let mut known = known.iter().peekable();
            for (column, cell) in row {
                // Both are in the order of the columns' names.
                if known.next_if(|(name, _)| name == column).is_none() && *column != "id" {
                    let (same, all) = kept.entry(*column).or_default();
                    *all += 1;
                    *same += usize::from(other[column] == *cell);
                }
            }
        }
        for (column, (same, all)) in kept {
            // There is nothing else to refer to in a table without rows.
            let nowhere = target(table.name, column);
            let nowhere = nowhere.is_some_and(|to| shop.table(to).rows.is_empty());
            // What is computed may come to the same.
            assert!(
                nowhere || same * 20 <= all,
                "{viewer:?}: {}.{column} stays in {same} of {all} hidden places",
                table.name
            );
        }
    }
}

fn missing(one: &Table, other: &Table) -> usize {
    let ids = one.rows.keys();
    ids.filter(|id| !other.rows.contains_key(id)).count()
}
