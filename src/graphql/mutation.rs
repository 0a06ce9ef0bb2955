use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::call::{After, Call, Outcome, Returned};
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

/// A root field that is done, or known without doing anything.
enum Done<'p, 'c> {
    Json(&'p [u8]),
    Verb(&'p Asked<'c>, Told),
}

/// What a mutation has to tell.
struct Told {
    gifts: Vec<(&'static str, Returned)>,
    errors: Vec<UserError>,
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
    /// is tried again.
    pub(super) async fn mutate(
        &self,
        planned: Planned<'_>,
        request: &GraphqlRequest<'_>,
        identity: Identity,
        client: &Arc<Client>,
    ) -> Answer {
        let mut tries = 1;
        let tried = loop {
            let tried = self.try_once(&planned.fields, identity, client).await;
            match &tried.told {
                Err(error) if error.is_contention() && tries < TRIES => {}
                _ => break tried,
            }
            pause(tries).await;
            tries += 1;
        };
        // Whoever asked may hang up now; this is done all the same.
        let following = tokio::spawn(follow(tried.afterwards, tried.kept));
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

    async fn try_once(
        &self,
        fields: &[(String, RootField<'_>)],
        identity: Identity,
        client: &Arc<Client>,
    ) -> Tried {
        let transaction = Arc::new(self.database.transaction());
        let mut done = Vec::with_capacity(fields.len());
        let mut afterwards = Vec::new();
        let mut failure = None;
        for (key, field) in fields {
            match self.act(field, identity, client, &transaction).await {
                Ok((field, after)) => {
                    done.push((key.as_str(), field));
                    afterwards.push(after);
                }
                Err(error) => {
                    failure = Some(error.on(std::slice::from_ref(key)));
                    break;
                }
            }
        }
        let is_refused = done
            .iter()
            .any(|(_, field)| matches!(field, Done::Verb(_, told) if !told.errors.is_empty()));
        let mut told = match failure {
            Some(error) => Err(error),
            None if is_refused => Ok(done.iter().map(undone).collect()),
            None => self.tell_all(&done, &transaction).await,
        };
        let mut kept = told.is_ok() && !is_refused;
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

    async fn act<'p, 'c>(
        &self,
        field: &'p RootField<'c>,
        identity: Identity,
        client: &Arc<Client>,
        transaction: &Arc<Transaction>,
    ) -> Result<(Done<'p, 'c>, After), ApiError> {
        match field {
            RootField::Json(json) => Ok((Done::Json(json), After::default())),
            RootField::Plan { .. } => Err(ApiError::internal(&"a query among mutations")),
            RootField::Verb(asked) => {
                let call = Call {
                    identity,
                    client: client.clone(),
                    now: now(),
                    auth: self.auth.clone(),
                    transaction: transaction.clone(),
                    given: asked.given.clone(),
                };
                let Outcome {
                    gifts,
                    errors,
                    after,
                } = asked.verb.run(call).await?;
                Ok((Done::Verb(asked, Told { gifts, errors }), after))
            }
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
                Done::Json(json) => json.to_vec(),
                Done::Verb(asked, told) => {
                    let json = self.tell(asked, told, transaction).await;
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
        told: &Told,
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let returned = |name: &str| {
            let mut gifts = told.gifts.iter();
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

/// A field of an operation that is not kept.
fn undone((key, field): &(&str, Done<'_, '_>)) -> (String, Vec<u8>) {
    let json = match field {
        Done::Json(json) => json.to_vec(),
        Done::Verb(asked, told) => {
            let neighbours = [UserError::new(
                UserErrorKind::RolledBack,
                "Another part of the operation failed, so this was not kept either.",
                &[],
            )];
            let errors = if told.errors.is_empty() {
                &neighbours[..]
            } else {
                &told.errors
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
    };
    ((*key).to_owned(), json)
}

/// Does what is to be done once the transaction is over, and returns the
/// cookies to set.
async fn follow(afterwards: Vec<After>, kept: bool) -> Vec<String> {
    let mut cookies = Vec::new();
    for after in afterwards {
        if kept {
            for then in after.committed {
                then.await;
            }
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
