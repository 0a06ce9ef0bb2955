use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::call::{Act, After, Call, Outcome, Prepared, Ready, Returned};
use super::engine::{Answer, Engine, price, refuse, write};
use super::operation::{GraphqlRequest, Planned, RootField};
use super::user_error::{UserError, UserErrorKind};
use super::verb::{Asked, Member};
use crate::auth::{Client, Identity};
use crate::error::ApiError;
use crate::plan::Value;
use crate::run::{RunError, Transaction};
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

/// What came of preparing an operation.
struct Preparation<'p, 'c> {
    /// What is to be done under each response key, or what is told instead, or
    /// why nothing can be.
    steps: Result<Steps<'p, 'c>, ApiError>,
    /// What is still to be done.
    afterwards: Vec<After>,
}

enum Steps<'p, 'c> {
    ToDo(Vec<Step<'p, 'c>>),
    Refused(Vec<(String, Vec<u8>)>),
}

/// What came of trying an operation.
struct Tried {
    /// What is told under each response key, or why nothing can be.
    told: Result<Vec<(String, Vec<u8>)>, ApiError>,
    /// Whether it is kept.
    kept: bool,
    /// What is still to be done.
    afterwards: Vec<After>,
}

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
        let Preparation {
            steps,
            mut afterwards,
        } = self.prepare(&planned.fields, identity, client).await;
        let tried = match steps {
            Ok(Steps::ToDo(steps)) => self.try_often(&steps, identity, client).await,
            Ok(Steps::Refused(told)) => Tried::in_vain(Ok(told)),
            Err(error) => Tried::in_vain(Err(error)),
        };
        afterwards.extend(tried.afterwards);
        // Whoever asked may hang up now; this is done all the same.
        let following = tokio::spawn(follow(afterwards, tried.kept));
        let cookies = following.await.unwrap_or_default();
        match tried.told {
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

    /// Does what comes before the transaction, for every field whatever came of
    /// the others.
    async fn prepare<'p, 'c>(
        &self,
        fields: &'p [(String, RootField<'c>)],
        identity: Identity,
        client: &Arc<Client>,
    ) -> Preparation<'p, 'c> {
        let transaction = Arc::new(self.database.transaction());
        let mut steps = Vec::with_capacity(fields.len());
        let mut refusals = Vec::new();
        let mut afterwards = Vec::new();
        for (key, field) in fields {
            let prepared = match field {
                RootField::Json(_) => Ok(None),
                RootField::Plan { .. } => Err(ApiError::internal(&"a query among mutations")),
                RootField::Verb(asked) => {
                    let call = self.call(asked, identity, client, &transaction);
                    asked.verb.prepare(call).await.map(Some)
                }
            };
            let act = match prepared {
                Ok(None) => None,
                Ok(Some(Prepared::Ready(Ready { act, after }))) => {
                    afterwards.push(after);
                    Some(act)
                }
                Ok(Some(Prepared::Refused(Outcome { errors, after, .. }))) => {
                    afterwards.push(after);
                    refusals.push((key, errors));
                    continue;
                }
                Err(error) => {
                    return Preparation {
                        steps: Err(error.on(std::slice::from_ref(key))),
                        afterwards,
                    };
                }
            };
            steps.push(Step { key, field, act });
        }
        let steps = if refusals.is_empty() {
            Steps::ToDo(steps)
        } else {
            let told = fields.iter().map(|(key, field)| {
                let refusal = refusals.iter().find(|(refused, _)| *refused == key);
                let errors = refusal.map_or(&[][..], |(_, errors)| errors);
                (key.clone(), undone(field, errors))
            });
            Steps::Refused(told.collect())
        };
        Preparation {
            steps: Ok(steps),
            afterwards,
        }
    }

    async fn try_often(
        &self,
        steps: &[Step<'_, '_>],
        identity: Identity,
        client: &Arc<Client>,
    ) -> Tried {
        let mut tries = 1;
        loop {
            let tried = self.try_once(steps, identity, client).await;
            match &tried.told {
                Err(error) if error.is_contention() && tries < TRIES => {}
                _ => return tried,
            }
            pause(tries).await;
            tries += 1;
        }
    }

    async fn try_once(
        &self,
        steps: &[Step<'_, '_>],
        identity: Identity,
        client: &Arc<Client>,
    ) -> Tried {
        let transaction = Arc::new(self.database.transaction());
        let mut done = Vec::with_capacity(steps.len());
        let mut afterwards = Vec::new();
        let mut failure = None;
        let mut refusal = None;
        for Step { key, field, act } in steps {
            let (asked, act) = match (field, act) {
                (RootField::Verb(asked), Some(act)) => (asked, act),
                (field, _) => {
                    done.push((*key, Done::Json(undone(field, &[]))));
                    continue;
                }
            };
            let call = self.call(asked, identity, client, &transaction);
            match act(call).await {
                Ok(outcome) => {
                    afterwards.push(outcome.after);
                    if !outcome.errors.is_empty() {
                        refusal = Some((*key, outcome.errors));
                        break;
                    }
                    done.push((*key, Done::Verb(asked, outcome.gifts)));
                }
                Err(error) => {
                    failure = Some(error.on(&[(*key).to_owned()]));
                    break;
                }
            }
        }
        let mut told = match (failure, &refusal) {
            (Some(error), _) => Err(error),
            (None, Some((refused, errors))) => {
                let told = steps.iter().map(|step| {
                    let errors = if step.key == *refused {
                        &errors[..]
                    } else {
                        &[]
                    };
                    (step.key.to_owned(), undone(step.field, errors))
                });
                Ok(told.collect())
            }
            (None, None) => self.tell_all(&done, &transaction).await,
        };
        let mut kept = told.is_ok() && refusal.is_none();
        drop(done);
        if let Err(error) = end(transaction, kept).await {
            kept = false;
            told = told.and(Err(error.into()));
        }
        Tried {
            told,
            kept,
            afterwards,
        }
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
    ) -> Result<Vec<(String, Vec<u8>)>, ApiError> {
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

impl Tried {
    fn in_vain(told: Result<Vec<(String, Vec<u8>)>, ApiError>) -> Self {
        Self {
            told,
            kept: false,
            afterwards: Vec::new(),
        }
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

/// Does what is to be done once the transaction is over, and returns the
/// cookies to set.
async fn follow(afterwards: Vec<After>, kept: bool) -> Vec<String> {
    let mut cookies = Vec::new();
    for after in afterwards {
        for then in if kept { after.committed } else { after.undone } {
            then.await;
        }
        if kept {
            cookies.extend(after.cookies);
        }
        for then in after.lasting {
            then.await;
        }
        cookies.extend(after.lasting_cookies);
    }
    cookies
}

async fn end(transaction: Arc<Transaction>, keeps: bool) -> Result<(), RunError> {
    // Every mutation is done with it.
    let transaction = Arc::into_inner(transaction)
        .ok_or_else(|| RunError::Failed("a mutation kept the transaction".to_owned()))?;
    if keeps {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(())
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
