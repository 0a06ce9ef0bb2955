use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Map;

use super::aftermath::Aftermath;
use super::call::{Act, Call, Outcome, Prepared, Ready};
use super::engine::{Answer, Engine, price, write};
use super::operation::{GraphqlRequest, Planned, RootField};
use super::shape::Arguments;
use super::telling::{Gains, Told, undone};
use super::user_error::UserError;
use super::verb::Doing;
use super::watch::Watch;
use crate::audit;
use crate::auth::{Client, Identity};
use crate::error::{ApiError, Code};
use crate::run::idempotency::{self, Claim, Key};
use crate::run::{self, Changed, Isolation, LONGEST, Length, RunError, Transaction};

/// How often an operation is tried that others get in the way of.
const TRIES: u32 = 5;
/// How long it is waited after the first try, on average. Each further one
/// waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// A root field that is prepared: what it asks, under which key, and what is
/// to be done, if anything is.
struct Step<'p, 'c> {
    key: &'p str,
    field: &'p RootField<'c>,
    act: Option<Act>,
}

/// What came of preparing an operation: what is to be done, or what is wrong
/// under some response keys.
enum Preparation<'p, 'c> {
    ToDo(Vec<Step<'p, 'c>>),
    Refused(Vec<(&'p str, Vec<UserError>)>),
}

/// What came of an operation.
struct Ended {
    data: Vec<u8>,
    cookies: Vec<String>,
    /// Whether it was done before, and this is what was told then.
    replayed: bool,
    /// Whether something was kept, now or then.
    kept: bool,
}

/// What came of trying an operation once.
struct Tried {
    data: Vec<u8>,
    /// Whether it is to be kept.
    keeps: bool,
    replayed: bool,
}

/// Who asks for an operation, and how.
struct Asking<'e> {
    engine: &'e Engine,
    identity: Identity,
    client: &'e Arc<Client>,
    watch: &'e dyn Watch,
    /// How long statements may take that tell what was done.
    length: Length,
    /// Whether nothing is to be kept.
    previews: bool,
    /// By what a client knows the operation again.
    key: Option<Key>,
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
        watch: &dyn Watch,
    ) -> Answer {
        let previews = request.aside.preview;
        let asking = Asking {
            engine: self,
            identity,
            client,
            watch,
            length: planned.spent.amounts().length(),
            previews,
            key: match &request.idempotency {
                Some(key) if !previews => Some(key.of(identity.requester)),
                _ => None,
            },
        };
        let mut aftermath = Aftermath::default();
        let ended = match asking.refuses(&planned.fields) {
            Some(error) => Err(error),
            None => asking.do_all(&planned.fields, &mut aftermath).await,
        };
        let Ended {
            data,
            cookies,
            replayed,
            kept,
        } = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // What was refused before it began has no data.
                let begun = !matches!(error.code(), Code::BadRequest | Code::IdempotencyKeyReused);
                return Answer {
                    data: begun.then(|| b"null".to_vec()),
                    ..Answer::refused(vec![error])
                };
            }
        };
        let mut extensions = Map::new();
        if request.aside.cost {
            let price = price(&planned.spent, planned.budget);
            extensions.insert("cost".to_owned(), price);
        }
        if previews {
            extensions.insert("preview".to_owned(), true.into());
        }
        Answer {
            data: Some(data),
            errors: Vec::new(),
            extensions,
            cookies,
            replayed,
            changed: kept,
        }
    }
}

impl Asking<'_> {
    /// Why an operation cannot be done as it was asked: it gives what is known
    /// to nobody but the one who asked, so it can be neither undone nor told
    /// again; or it sets a cookie, and the answer has no place for one.
    fn refuses(&self, fields: &[(String, RootField<'_>)]) -> Option<ApiError> {
        let lacks_cookies = self.engine.auth.cookies && !self.client.takes_cookies;
        if !self.previews && self.key.is_none() && !lacks_cookies {
            return None;
        }
        let mut verbs = fields.iter().filter_map(|(_, field)| match field {
            RootField::Asked(asked) => match &asked.doing {
                Doing::Verb(asked) => Some(asked.verb),
                Doing::Write(_) => None,
            },
            RootField::Json(_) | RootField::Plan { .. } => None,
        });
        let message = verbs.find_map(|verb| {
            let name = verb.name();
            if self.previews && verb.gives_secrets() {
                Some(format!(
                    "{name} is about tokens, so it has no preview. Leave extensions.preview out."
                ))
            } else if self.key.is_some() && verb.gives_secrets() {
                Some(format!(
                    "{name} is about tokens, which are not kept. Leave Idempotency-Key out."
                ))
            } else if lacks_cookies && verb.sets_cookies() {
                Some(format!(
                    "{name} is about a token in a cookie, which this answer cannot set. Send it by \
                     POST, and take JSON for an answer."
                ))
            } else {
                None
            }
        });
        Some(ApiError::new(Code::BadRequest, message?))
    }

    /// What came of all fields.
    async fn do_all(
        &self,
        fields: &[(String, RootField<'_>)],
        aftermath: &mut Aftermath,
    ) -> Result<Ended, ApiError> {
        let steps = match self.prepare(fields, aftermath).await {
            Ok(Preparation::ToDo(steps)) => steps,
            Ok(Preparation::Refused(refusals)) => {
                let cookies = aftermath.end(None, false).await?;
                let told = fields.iter().map(|(key, field)| {
                    let refusal = refusals.iter().find(|(refused, _)| refused == key);
                    let errors = refusal.map_or(&[][..], |(_, errors)| errors);
                    (key.clone(), undone(field, errors))
                });
                let data = write(told.collect());
                self.watch.comes(data.len())?;
                return Ok(Ended {
                    data,
                    cookies,
                    replayed: false,
                    kept: false,
                });
            }
            Err(error) => {
                aftermath.end(None, false).await?;
                return Err(error);
            }
        };
        let isolation = isolation(&steps);
        let mut tries = 1;
        let counted = AtomicUsize::new(0);
        loop {
            let transaction = self
                .engine
                .database
                .transaction_isolated(isolation, self.length);
            let transaction = Arc::new(transaction);
            let doing = self.do_once(&steps, aftermath, &transaction, &counted);
            let done = tokio::time::timeout(LONGEST, doing).await;
            let tried = done.unwrap_or_else(|_| {
                let seconds = LONGEST.as_secs();
                let late = if transaction.has_begun() {
                    RunError::TimedOut(format!("no end in {seconds} seconds"))
                } else {
                    RunError::Unavailable(format!("no beginning in {seconds} seconds"))
                };
                Err(late.into())
            });
            let may_be_tried = |error: &ApiError| error.is_contention() && tries < TRIES;
            match tried {
                Err(error) if may_be_tried(&error) => aftermath.undo(transaction).await,
                Err(error) => {
                    let ended = aftermath.end(Some(transaction), false).await;
                    return Err(ended.err().unwrap_or(error));
                }
                Ok(tried) => {
                    if let Err(error) = self.comes(tried.data.len(), &counted) {
                        aftermath.end(Some(transaction), false).await?;
                        return Err(error);
                    }
                    if tried.keeps {
                        self.watch.commits();
                    }
                    match aftermath.end(Some(transaction), tried.keeps).await {
                        Ok(cookies) => {
                            return Ok(Ended {
                                data: tried.data,
                                cookies,
                                replayed: tried.replayed,
                                kept: tried.keeps || tried.replayed,
                            });
                        }
                        Err(error) if may_be_tried(&error) => aftermath.again(),
                        Err(error) => return Err(error),
                    }
                }
            }
            pause(tries).await;
            tries += 1;
        }
    }

    /// That an answer of so many bytes comes, before it is kept, and once however
    /// often it is tried.
    fn comes(&self, bytes: usize, counted: &AtomicUsize) -> Result<(), ApiError> {
        let more = bytes.saturating_sub(counted.fetch_max(bytes, Ordering::Relaxed));
        self.watch.comes(more)
    }

    /// Does what comes before the transaction, for every field whatever came of
    /// the others.
    async fn prepare<'p, 'c>(
        &self,
        fields: &'p [(String, RootField<'c>)],
        aftermath: &mut Aftermath,
    ) -> Result<Preparation<'p, 'c>, ApiError> {
        let transaction = Arc::new(self.engine.database.transaction());
        let mut steps = Vec::with_capacity(fields.len());
        let mut refusals = Vec::new();
        for (key, field) in fields {
            let prepared = match field {
                RootField::Json(_) => Ok(None),
                RootField::Plan { .. } => Err(ApiError::internal(&"a query among mutations")),
                RootField::Asked(asked) if !asked.faults().is_empty() => {
                    let faults = asked.faults().to_vec();
                    Ok(Some(Prepared::Refused(Outcome::refused_for(faults))))
                }
                RootField::Asked(asked) => match &asked.doing {
                    Doing::Verb(asked) => {
                        let call = self.call(asked.given.clone(), &transaction);
                        asked.verb.prepare(call).await.map(Some)
                    }
                    Doing::Write(_) => Ok(None),
                },
            };
            let act = match prepared.map_err(|error| error.on(std::slice::from_ref(key)))? {
                None => None,
                Some(Prepared::Ready(Ready { act, after })) => {
                    aftermath.prepared(after);
                    Some(act)
                }
                Some(Prepared::Refused(Outcome { errors, after, .. })) => {
                    aftermath.prepared(after);
                    refusals.push((key.as_str(), errors));
                    continue;
                }
            };
            steps.push(Step { key, field, act });
        }
        Ok(if refusals.is_empty() {
            Preparation::ToDo(steps)
        } else {
            Preparation::Refused(refusals)
        })
    }

    /// Tries all steps, unless they were done before.
    async fn do_once(
        &self,
        steps: &[Step<'_, '_>],
        aftermath: &mut Aftermath,
        transaction: &Arc<Transaction>,
        counted: &AtomicUsize,
    ) -> Result<Tried, ApiError> {
        let now = now();
        if let Some(key) = &self.key {
            match idempotency::claim(transaction, key, now).await? {
                Claim::New => {}
                Claim::Answered(data) => {
                    return Ok(Tried {
                        data: data.into_bytes(),
                        keeps: false,
                        replayed: true,
                    });
                }
                Claim::Another => {
                    return Err(ApiError::new(
                        Code::IdempotencyKeyReused,
                        "This Idempotency-Key came with another request. Choose a new key for each \
                         operation, and keep it only to try the same again.",
                    ));
                }
            }
        }
        let (told, keeps) = self
            .do_steps(steps, aftermath, transaction, counted)
            .await?;
        let data = write(told);
        if keeps && let Some(key) = &self.key {
            idempotency::answer(transaction, key, &data, now).await?;
        }
        Ok(Tried {
            data,
            keeps: keeps && !self.previews,
            replayed: false,
        })
    }

    /// What is told of all steps, and whether they are to be kept.
    async fn do_steps(
        &self,
        steps: &[Step<'_, '_>],
        aftermath: &mut Aftermath,
        transaction: &Arc<Transaction>,
        counted: &AtomicUsize,
    ) -> Result<(Told, bool), ApiError> {
        let mut all = Vec::with_capacity(steps.len());
        let mut bytes = 0;
        let mut changes = Vec::new();
        for step in steps {
            let key = step.key.to_owned();
            let RootField::Asked(asked) = step.field else {
                all.push((key, undone(step.field, &[])));
                continue;
            };
            let failed = |error: ApiError| error.on(std::slice::from_ref(&key));
            let Outcome {
                gifts,
                errors,
                after,
                changes: changed,
                told,
            } = self.act(step, transaction).await.map_err(failed)?;
            aftermath.tried(after);
            if !errors.is_empty() {
                // Nothing will be kept, so nothing more is tried.
                let told = steps.iter().map(|other| {
                    let is_refused = other.key == step.key;
                    let errors = if is_refused { &errors[..] } else { &[] };
                    (other.key.to_owned(), undone(other.field, errors))
                });
                return Ok((told.collect(), false));
            }
            changes.extend(changed);
            let gains = Gains { gifts, told };
            let json = self.engine.tell(asked, &gains, transaction).await;
            let json = json.map_err(|error| failed(error.into()))?;
            bytes += json.len();
            self.comes(bytes, counted)?;
            all.push((key.clone(), json));
        }
        self.record(&changes, transaction).await?;
        Ok((all, true))
    }

    /// Does one step.
    async fn act(
        &self,
        step: &Step<'_, '_>,
        transaction: &Arc<Transaction>,
    ) -> Result<Outcome, ApiError> {
        let RootField::Asked(asked) = step.field else {
            return Ok(Outcome::done());
        };
        match (&asked.doing, &step.act) {
            (Doing::Verb(asked), Some(act)) => {
                let found = run::look_up(transaction, &asked.references).await?;
                match found {
                    Ok(found) => {
                        let given = asked.given.clone().found(&found);
                        act(self.call(given, transaction)).await
                    }
                    Err(refusals) => Ok(self.engine.refused(refusals)),
                }
            }
            (Doing::Verb(_), None) => Err(ApiError::internal(&"a verb without an act")),
            (Doing::Write(write), _) => {
                let call = self.call(Arguments::default(), transaction);
                self.engine.perform(asked, write, &call).await
            }
        }
    }

    fn call(&self, given: Arguments, transaction: &Arc<Transaction>) -> Call {
        Call {
            identity: self.identity,
            client: self.client.clone(),
            now: now(),
            auth: self.engine.auth.clone(),
            transaction: transaction.clone(),
            given,
        }
    }

    /// Records what is different now, and stores it to be told to those who
    /// listen.
    async fn record(&self, changes: &[Changed], transaction: &Transaction) -> Result<(), ApiError> {
        if changes.is_empty() {
            return Ok(());
        }
        let now = now();
        let db = transaction.writing().await?;
        let actor = self.identity.requester.user();
        let request_id = &self.client.request_id;
        let entries = changes.iter().filter(|change| !change.fields.is_empty());
        let entries =
            entries.map(|change| audit::Entry::of_change(change, actor, request_id.clone()));
        audit::record_all(db, entries.collect(), now).await?;
        run::publish(db, changes, now).await?;
        Ok(())
    }
}

/// How far the transaction of some steps has to be from others.
fn isolation(steps: &[Step<'_, '_>]) -> Isolation {
    let mut steps = steps.iter();
    let moves = steps.any(|step| match step.field {
        RootField::Asked(asked) => match &asked.doing {
            Doing::Write(asked) => asked.moves_in_tree(),
            Doing::Verb(_) => false,
        },
        RootField::Json(_) | RootField::Plan { .. } => false,
    });
    if moves {
        Isolation::Alone
    } else {
        Isolation::Usual
    }
}

/// Waits before the next try, not as long as others that wait.
async fn pause(tries: u32) {
    // A random number of the standard library's own making is enough for that.
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), tries);
    let thousandths = u32::try_from(random % 1000).unwrap_or_default();
    let longest = FIRST_PAUSE * 2_u32.pow(tries);
    tokio::time::sleep(longest * thousandths / 1000).await;
}

/// The moment, in the whole microseconds that databases keep.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
