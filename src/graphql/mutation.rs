use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

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

/// A root field that is done, or known without doing anything.
enum Done<'c> {
    Json(Vec<u8>),
    Verb(Box<Asked<'c>>, Told),
}

/// What a mutation has to tell.
struct Told {
    gifts: Vec<(&'static str, Returned)>,
    errors: Vec<UserError>,
}

impl Engine {
    /// Does what an operation asks, one field after the other, in one
    /// transaction. Where one of them fails, nothing is kept, and none says
    /// that it was done.
    pub(super) async fn mutate(
        &self,
        planned: Planned<'_>,
        request: &GraphqlRequest<'_>,
        identity: Identity,
        client: &Arc<Client>,
    ) -> Answer {
        let Planned {
            fields,
            spent,
            budget,
            mutates: _,
        } = planned;
        let transaction = Arc::new(self.database.transaction());
        let mut done = Vec::with_capacity(fields.len());
        let mut afterwards = Vec::new();
        let mut failure = None;
        for (key, field) in fields {
            let answered = self.act(field, identity, client, &transaction).await;
            match answered {
                Ok((field, after)) => {
                    done.push((key, field));
                    afterwards.push(after);
                }
                Err(error) => {
                    failure = Some(error.on(std::slice::from_ref(&key)));
                    break;
                }
            }
        }
        let is_refused = done
            .iter()
            .any(|(_, field)| matches!(field, Done::Verb(_, told) if !told.errors.is_empty()));
        let mut told = Vec::with_capacity(done.len());
        if failure.is_none() && !is_refused {
            match self.tell_all(&done, &transaction).await {
                Ok(all) => told = all,
                Err(error) => failure = Some(error),
            }
        }
        let keeps = failure.is_none() && !is_refused;
        if let Err(error) = end(transaction, keeps).await {
            failure.get_or_insert(error.into());
        }
        if is_refused {
            told = done.iter().map(|(key, field)| undone(key, field)).collect();
        }
        let cookies = follow(afterwards, keeps && failure.is_none()).await;
        if let Some(error) = failure {
            return Answer {
                data: Some(b"null".to_vec()),
                cookies,
                ..refuse(vec![error])
            };
        }
        let mut extensions = Map::new();
        if request.aside.cost {
            extensions.insert("cost".to_owned(), price(&spent, budget));
        }
        Answer {
            data: Some(write(&told)),
            errors: Vec::new(),
            extensions,
            cookies,
        }
    }

    async fn act<'c>(
        &self,
        field: RootField<'c>,
        identity: Identity,
        client: &Arc<Client>,
        transaction: &Arc<Transaction>,
    ) -> Result<(Done<'c>, After), ApiError> {
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
        done: &[(String, Done<'_>)],
        transaction: &Transaction,
    ) -> Result<Vec<(String, Vec<u8>)>, ApiError> {
        let mut told = Vec::with_capacity(done.len());
        for (key, field) in done {
            let json = match field {
                Done::Json(json) => json.clone(),
                Done::Verb(asked, told) => self
                    .tell(asked, told, transaction)
                    .await
                    .map_err(|error| ApiError::from(error).on(std::slice::from_ref(key)))?,
            };
            told.push((key.clone(), json));
        }
        Ok(told)
    }

    async fn tell(
        &self,
        asked: &Asked<'_>,
        told: &Told,
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let returned = |name: &str| {
            let mut gifts = told.gifts.iter();
            gifts.find(|(known, _)| *known == name).map(|(_, value)| value)
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
                        fill(&mut params[param.0].value, *id);
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

fn fill(value: &mut Value, id: Uuid) {
    *value = Value::Uuid(id);
}

/// A field of an operation that is not kept.
fn undone(key: &str, field: &Done<'_>) -> (String, Vec<u8>) {
    let json = match field {
        Done::Json(json) => json.clone(),
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
    (key.to_owned(), json)
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

fn text(value: &Json) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// The moment, in the whole microseconds that databases keep.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
