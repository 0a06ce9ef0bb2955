use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::aftermath::Aftermath;
use super::call::{Act, Call, Outcome, Prepared, Ready, Returned};
use super::engine::{Answer, Engine, price, refuse, write};
use super::operation::{GraphqlRequest, Planned, RootField};
use super::user_error::{UserError, UserErrorKind};
use super::verb::{Asked, Member};
use crate::auth::{Client, Identity};
use crate::error::ApiError;
use crate::plan::Value;
use crate::run::{LONGEST, RunError, Transaction};
use crate::sql;

/// How often an operation is tried that others get in the way of.
const TRIES: u32 = 5;
/// How long it is waited after the first try, on average. Each further one
/// waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// A root field that is done, with what it gives, or known without doing
/// anything.
enum Done<'p, 'c> {
    Json(Vec<u8>),
    Verb(&'p Asked<'c>, Vec<(&'static str, Returned)>),
}

/// A root field that is prepared: what it asks, under which key, and what is
/// to be done, if anything is.
struct Step<'p, 'c> {
    key: &'p str,
    field: &'p RootField<'c>,
    act: Option<Act>,
}

/// What came of preparing an operation: what is to be done, or what is told
/// instead under each response key.
enum Preparation<'p, 'c> {
    ToDo(Vec<Step<'p, 'c>>),
    Refused(Told),
}

/// What is told under each response key.
type Told = Vec<(String, Vec<u8>)>;

impl Engine {
    /// Does what an operation asks, one field after the other, in one
    /// transaction. Where one of them fails, nothing is kept, and none says
    /// that it was done. Where another transaction was in the way, all of it
    /// is tried again. What takes long is done for all fields before the
    /// transaction begins.
    pub(super) async fn mutate(
        &self,
        planned: Planned<'_>,
        request: &GraphqlRequest<'_>,
        identity: Identity,
        client: &Arc<Client>,
    ) -> Answer {
        let mut aftermath = Aftermath::default();
        let (told, cookies) = self
            .do_all(&planned.fields, identity, client, &mut aftermath)
            .await;
        match told {
            Ok(told) => {
                let mut extensions = Map::new();
                if request.aside.cost {
                    let price = price(&planned.spent, planned.budget);
                    extensions.insert("cost".to_owned(), price);
                }
                Answer {
                    data: Some(write(&told)),
                    errors: Vec::new(),
                    extensions,
                    cookies,
                }
            }
            Err(error) => Answer {
                data: Some(b"null".to_vec()),
                cookies,
                ..refuse(vec![error])
            },
        }
    }

    /// What is told of all fields, and the cookies to set.
    async fn do_all(
        &self,
        fields: &[(String, RootField<'_>)],
        identity: Identity,
        client: &Arc<Client>,
        aftermath: &mut Aftermath,
    ) -> (Result<Told, ApiError>, Vec<String>) {
        let steps = match self.prepare(fields, identity, client, aftermath).await {
            Ok(Preparation::ToDo(steps)) => steps,
            refused => {
                let told = refused.map(|refused| match refused {
                    Preparation::Refused(told) => told,
                    Preparation::ToDo(_) => Vec::new(),
                });
                let cookies = aftermath.end(None, false).await;
                return (told, cookies.unwrap_or_default());
            }
        };
        let mut tries = 1;
        loop {
            let transaction = Arc::new(self.database.transaction());
            let doing = self.do_once(&steps, identity, client, aftermath, &transaction);
            let done = tokio::time::timeout(LONGEST, doing).await;
            let (told, keeps) = done.unwrap_or_else(|_| {
                let late = format!("no end in {} seconds", LONGEST.as_secs());
                (Err(RunError::TimedOut(late).into()), false)
            });
            let may_be_tried = |error: &ApiError| error.is_contention() && tries < TRIES;
            match &told {
                Err(error) if may_be_tried(error) => aftermath.undo(transaction).await,
                _ => match aftermath.end(Some(transaction), keeps).await {
                    Ok(cookies) => return (told, cookies),
                    Err(error) if may_be_tried(&error) => aftermath.again(),
                    Err(error) => return (told.and(Err(error)), Vec::new()),
                },
            }
            pause(tries).await;
            tries += 1;
        }
    }

    /// Does what comes before the transaction, for every field whatever came of
    /// the others.
    async fn prepare<'p, 'c>(
        &self,
        fields: &'p [(String, RootField<'c>)],
        identity: Identity,
        client: &Arc<Client>,
        aftermath: &mut Aftermath,
    ) -> Result<Preparation<'p, 'c>, ApiError> {
        let transaction = Arc::new(self.database.transaction());
        let mut steps = Vec::with_capacity(fields.len());
        let mut refusals = Vec::new();
        for (key, field) in fields {
            let prepared = match field {
                RootField::Json(_) => Ok(None),
                RootField::Plan { .. } => Err(ApiError::internal(&"a query among mutations")),
                RootField::Verb(asked) => {
                    let call = self.call(asked, identity, client, &transaction);
                    asked.verb.prepare(call).await.map(Some)
                }
            };
            let act = match prepared.map_err(|error| error.on(std::slice::from_ref(key)))? {
                None => None,
                Some(Prepared::Ready(Ready { act, after })) => {
                    aftermath.prepared(after);
                    Some(act)
                }
                Some(Prepared::Refused(Outcome { errors, after, .. })) => {
                    aftermath.prepared(after);
                    refusals.push((key, errors));
                    continue;
                }
            };
            steps.push(Step { key, field, act });
        }
        if refusals.is_empty() {
            return Ok(Preparation::ToDo(steps));
        }
        let told = fields.iter().map(|(key, field)| {
            let refusal = refusals.iter().find(|(refused, _)| *refused == key);
            let errors = refusal.map_or(&[][..], |(_, errors)| errors);
            (key.clone(), undone(field, errors))
        });
        Ok(Preparation::Refused(told.collect()))
    }

    /// What is told of all steps, and whether they are to be kept.
    async fn do_once(
        &self,
        steps: &[Step<'_, '_>],
        identity: Identity,
        client: &Arc<Client>,
        aftermath: &mut Aftermath,
        transaction: &Arc<Transaction>,
    ) -> (Result<Told, ApiError>, bool) {
        let mut done = Vec::with_capacity(steps.len());
        for Step { key, field, act } in steps {
            let (asked, act) = match (field, act) {
                (RootField::Verb(asked), Some(act)) => (asked, act),
                (field, _) => {
                    done.push((*key, Done::Json(undone(field, &[]))));
                    continue;
                }
            };
            let call = self.call(asked, identity, client, transaction);
            let outcome = match act(call).await {
                Ok(outcome) => outcome,
                Err(error) => return (Err(error.on(&[(*key).to_owned()])), false),
            };
            aftermath.tried(outcome.after);
            if !outcome.errors.is_empty() {
                // Nothing will be kept, so nothing more is tried.
                let told = steps.iter().map(|step| {
                    let is_refused = step.key == *key;
                    let errors = if is_refused { &outcome.errors[..] } else { &[] };
                    (step.key.to_owned(), undone(step.field, errors))
                });
                return (Ok(told.collect()), false);
            }
            done.push((*key, Done::Verb(asked, outcome.gifts)));
        }
        let told = self.tell_all(&done, transaction).await;
        let keeps = told.is_ok();
        (told, keeps)
    }

    fn call(
        &self,
        asked: &Asked<'_>,
        identity: Identity,
        client: &Arc<Client>,
        transaction: &Arc<Transaction>,
    ) -> Call {
        Call {
            identity,
            client: client.clone(),
            now: now(),
            auth: self.auth.clone(),
            transaction: transaction.clone(),
            given: asked.given.clone(),
        }
    }

    /// What was done, read in the transaction that did it.
    async fn tell_all(
        &self,
        done: &[(&str, Done<'_, '_>)],
        transaction: &Transaction,
    ) -> Result<Told, ApiError> {
        let mut all = Vec::with_capacity(done.len());
        for (key, field) in done {
            let json = match field {
                Done::Json(json) => json.clone(),
                Done::Verb(asked, gifts) => {
                    let json = self.tell(asked, gifts, transaction).await;
                    json.map_err(|error| ApiError::from(error).on(&[(*key).to_owned()]))?
                }
            };
            all.push(((*key).to_owned(), json));
        }
        Ok(all)
    }

    async fn tell(
        &self,
        asked: &Asked<'_>,
        gifts: &[(&'static str, Returned)],
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let returned = |name: &str| {
            let mut gifts = gifts.iter();
            gifts
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value)
        };
        let mut parts = Vec::with_capacity(asked.payload.len());
        for (key, member) in &asked.payload {
            let json = match member {
                Member::Typename(name) => text(&json!(name)),
                Member::Errors(_) => b"[]".to_vec(),
                Member::Gift(name) => match returned(name) {
                    Some(Returned::Json(value)) => text(value),
                    _ => b"null".to_vec(),
                },
                Member::Row(name, plan, param) => match returned(name) {
                    Some(Returned::Row(id)) => {
                        let mut params = plan.params.clone();
                        params[param.0].value = Value::Uuid(*id);
                        let statement = sql::compile(plan, self.database.dialect());
                        transaction.fetch(&statement, &params).await?
                    }
                    _ => b"null".to_vec(),
                },
            };
            parts.push((key.clone(), json));
        }
        Ok(write(&parts))
    }
}

/// A field of an operation that is not kept, with what is wrong with it.
fn undone(field: &RootField<'_>, errors: &[UserError]) -> Vec<u8> {
    match field {
        RootField::Verb(asked) => refused(asked, errors),
        RootField::Json(json) => json.clone(),
        RootField::Plan { .. } => b"null".to_vec(),
    }
}

/// The payload of a mutation that is not kept, be it for the sake of another.
fn refused(asked: &Asked<'_>, errors: &[UserError]) -> Vec<u8> {
    let neighbours = [UserError::new(
        UserErrorKind::RolledBack,
        "Another part of the operation failed, so this was not kept either.",
        &[],
    )];
    let errors = if errors.is_empty() {
        &neighbours
    } else {
        errors
    };
    let parts: Vec<_> = asked
        .payload
        .iter()
        .map(|(key, member)| {
            let json = match member {
                Member::Typename(name) => text(&json!(name)),
                Member::Errors(shape) => {
                    let errors = errors.iter().map(|error| shape.write(error));
                    text(&errors.collect())
                }
                Member::Gift(_) | Member::Row(..) => b"null".to_vec(),
            };
            (key.clone(), json)
        })
        .collect();
    write(&parts)
}

/// Waits before the next try, not as long as others that wait.
async fn pause(tries: u32) {
    // A random number of the standard library's own making is enough for that.
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), tries);
    let thousandths = u32::try_from(random % 1000).unwrap_or_default();
    let longest = FIRST_PAUSE * 2_u32.pow(tries);
    tokio::time::sleep(longest * thousandths / 1000).await;
}

fn text(value: &Json) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// The moment, in the whole microseconds that databases keep.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
