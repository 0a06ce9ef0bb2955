use std::slice;
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value, json};

use super::explain::{Explained, describe};
use super::meter::Spent;
use super::operation::{GraphqlRequest, Operations, Planned, RootField};
use super::watch::Watch;
use super::weigh::weigh;
use crate::access::Role;
use crate::auth::attempts::Subject;
use crate::auth::{Auth, Client, Identity, Requester};
use crate::error::{ApiError, Code, RETRY_AFTER};
use crate::run::{Database, Length, RunError};
use crate::sql::{self, Statement};

/// A response in GraphQL's terms.
#[derive(Debug)]
pub struct Answer {
    /// The JSON object of `data`; none where the request was refused before
    /// anything ran.
    pub data: Option<Vec<u8>>,
    /// What went wrong.
    pub errors: Vec<ApiError>,
    /// What was asked for beside the answer.
    pub extensions: Map<String, Value>,
    /// Cookies to set, as the header says them.
    pub cookies: Vec<String>,
    /// Whether the request was answered before, and this is the same answer.
    pub replayed: bool,
    /// Whether it tells what was changed for good.
    pub changed: bool,
}

impl Answer {
    /// That a request is refused.
    #[must_use]
    pub fn refused(errors: Vec<ApiError>) -> Self {
        Self {
            data: None,
            errors,
            extensions: Map::new(),
            cookies: Vec::new(),
            replayed: false,
            changed: false,
        }
    }

    /// Whether it tells what went wrong, and nothing else.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let data = self.data.as_deref();
        data.is_none_or(|data| data == b"null")
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self::refused(vec![error])
    }
}

/// Answers requests: what can be asked, and a database.
pub struct Engine {
    operations: Operations,
    pub(super) database: Database,
    pub(super) auth: Arc<Auth>,
    explains_to: Role,
}

impl Engine {
    /// An engine that answers from `database`, for those whom `auth` knows.
    #[must_use]
    pub fn new(operations: Operations, database: Database, auth: Arc<Auth>) -> Self {
        Self {
            operations,
            database,
            auth,
            explains_to: Role::Admin,
        }
    }

    /// Lets roles from `lowest` on ask how requests are answered; admins
    /// always may.
    #[must_use]
    pub fn explaining_to(mut self, lowest: Role) -> Self {
        self.explains_to = lowest;
        self
    }

    /// The database that the engine answers from.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What can be asked.
    #[must_use]
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Answers a request as far as the requester may see.
    ///
    /// All of it is planned before any of it runs; if a part cannot be
    /// planned, nothing runs.
    pub async fn answer(
        &self,
        request: GraphqlRequest<'_>,
        identity: Identity,
        client: &Arc<Client>,
    ) -> Answer {
        self.answer_watched(request, identity, client, &()).await
    }

    /// The same for somebody who watches how it comes.
    pub async fn answer_watched(
        &self,
        request: GraphqlRequest<'_>,
        identity: Identity,
        client: &Arc<Client>,
        watch: &dyn Watch,
    ) -> Answer {
        let requester = identity.requester;
        let role = requester.role();
        let planned = self.operations.read(&request, requester);
        if let Ok(planned) = &planned {
            if let Err(error) = planned.find_room(watch) {
                return Answer::refused(vec![error]);
            }
            if let Err(error) = self.spend(planned, requester, client).await {
                return Answer::refused(vec![error]);
            }
        }
        match planned {
            Ok(_) if request.aside.explain && role < self.explains_to => {
                Answer::refused(vec![ApiError::new(
                    Code::Forbidden,
                    "Only admins may ask how requests are answered. Leave extensions.explain out.",
                )])
            }
            Ok(planned) if planned.mutates => {
                Box::pin(self.mutate(planned, &request, identity, client, watch)).await
            }
            Ok(planned) => self.run(planned, &request, role, watch).await,
            Err(errors) => Answer::refused(errors),
        }
    }

    /// Takes what an operation costs out of what its caller may spend.
    async fn spend(
        &self,
        planned: &Planned<'_>,
        requester: Requester,
        client: &Client,
    ) -> Result<(), ApiError> {
        let allowed = self.operations.limits().per_minute.of(requester.role());
        if allowed == 0 {
            return Ok(());
        }
        let caller = match requester.user() {
            Some(user) => Subject::of(&["user", &user.to_string()]),
            None => Subject::of(&["address", &client.network()]),
        };
        let cost = planned.spent.cost;
        let spent = self.auth.attempts.spend(&caller, cost, allowed, Utc::now());
        spent.await.map_err(|wait| {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let message = format!(
                "The operation costs {cost}, and less is left of the {allowed} that are allowed in \
                 a minute. Try again in {seconds} s."
            );
            ApiError::new(Code::RateLimited, message).with(RETRY_AFTER, seconds.into())
        })
    }

    async fn run(
        &self,
        planned: Planned<'_>,
        request: &GraphqlRequest<'_>,
        role: Role,
        watch: &dyn Watch,
    ) -> Answer {
        let Planned {
            fields,
            costs,
            spent,
            budget,
            mutates: _,
        } = planned;
        let explains = request.aside.explain;
        // In boxes, for what waits for a database is large to be moved about.
        let mut answers: Vec<BoxFuture<'_, _>> = Vec::with_capacity(fields.len());
        for ((key, field), cost) in fields.into_iter().zip(costs) {
            let explained_to = explains.then_some((role, cost));
            answers.push(Box::pin(self.field(key, field, explained_to, watch)));
        }
        // Others ask as well, and do not wait behind all of them.
        let at_once = self.database.share();
        let answers = if answers.len() <= at_once {
            join_all(answers).await
        } else {
            let mut some = Vec::with_capacity(answers.len());
            let mut answers = stream::iter(answers).buffered(at_once);
            while let Some(answered) = answers.next().await {
                let is_last = matches!(answered, Err(Unanswered::NoRoom(_)));
                some.push(answered);
                if is_last {
                    break;
                }
            }
            some
        };
        let (mut parts, mut explained, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        // All are waited for: which of several fails first is a matter of luck.
        for answered in answers {
            match answered {
                Ok((part, how)) => {
                    parts.push(part);
                    explained.extend(how);
                }
                Err(Unanswered::Failed(error)) => errors.push(error),
                Err(Unanswered::NoRoom(error)) => return Answer::refused(vec![error]),
            }
        }
        if !errors.is_empty() {
            // Something may be missing from any field then, and most root
            // fields are never null, so the null spreads to all of it.
            return Answer {
                data: Some(b"null".to_vec()),
                ..Answer::refused(errors)
            };
        }
        let mut extensions = Map::new();
        if request.aside.cost {
            extensions.insert("cost".to_owned(), price(&spent, budget));
        }
        if explains {
            let explained: Vec<Value> = explained.iter().map(Explained::to_json).collect();
            extensions.insert("explain".to_owned(), explained.into());
        }
        Answer {
            data: Some(write(parts)),
            errors: Vec::new(),
            extensions,
            cookies: Vec::new(),
            replayed: false,
            changed: false,
        }
    }

    /// Answers a root field, and tells a role how, and what it costs.
    async fn field(
        &self,
        key: String,
        field: RootField<'_>,
        explained_to: Option<(Role, u64)>,
        watch: &dyn Watch,
    ) -> Result<Part, Unanswered> {
        let (plan, length) = match field {
            RootField::Json(json) => return Ok(((key, json), None)),
            RootField::Asked(_) => {
                let error = ApiError::internal(&"a mutation among what is read");
                return Err(Unanswered::Failed(error.on(&[key])));
            }
            RootField::Plan { plan, length } => (plan, length),
        };
        let dialect = self.database.dialect();
        let statement = sql::compile(&plan, dialect);
        let failed = |error| Unanswered::Failed(ApiError::from(error).on(slice::from_ref(&key)));
        let unanswered = |error| match error {
            RunError::TooLarge(_) => Unanswered::NoRoom(error.into()),
            error => failed(error),
        };
        let fetch = async |statement: &Statement| {
            let json = self.database.fetch(statement, &plan.params, length);
            json.await
        };
        if length == Length::Largest {
            let weighed = weigh(&plan, dialect, self.database.largest(), fetch);
            Box::pin(weighed).await.map_err(unanswered)?;
        }
        let begun = Instant::now();
        let json = fetch(&statement).await.map_err(unanswered)?;
        watch.comes(json.len()).map_err(Unanswered::NoRoom)?;
        let Some((role, cost)) = explained_to else {
            return Ok(((key, json), None));
        };
        let time = begun.elapsed();
        let told = Box::pin(self.database.explain(&statement, &plan.params)).await;
        let told = told.map_err(failed)?;
        let how = describe(key.clone(), &plan, &statement, cost, role);
        Ok(((key, json), Some(how.ran(time, told))))
    }
}

/// A root field with its JSON, and how that came about, if that was asked.
type Part = ((String, Vec<u8>), Option<Explained>);

/// Why a root field has no answer.
enum Unanswered {
    Failed(ApiError),
    /// There is one, but no room for it.
    NoRoom(ApiError),
}

/// What an operation costs, as `extensions` tell it.
pub(super) fn price(spent: &Spent, budget: u64) -> Value {
    json!({
        "cost": spent.cost,
        "budget": budget,
        "costliest": spent.costliest(),
    })
}

/// Writes a JSON object of response keys. Each part is gone once it is written.
pub(super) fn write(parts: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let size = parts.iter().map(|(key, json)| key.len() + json.len() + 4);
    let mut data = Vec::with_capacity(size.sum::<usize>() + 2);
    data.push(b'{');
    for (place, (key, json)) in parts.into_iter().enumerate() {
        if place > 0 {
            data.push(b',');
        }
        // A response key is a GraphQL name and needs no escapes.
        data.push(b'"');
        data.extend_from_slice(key.as_bytes());
        data.extend_from_slice(b"\":");
        data.extend_from_slice(&json);
    }
    data.push(b'}');
    data
}
