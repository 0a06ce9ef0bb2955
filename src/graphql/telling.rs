use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::call::Returned;
use super::engine::{Engine, write};
use super::operation::RootField;
use super::user_error::{UserError, UserErrorKind};
use super::verb::{Asked, Member};
use super::weigh::weigh;
use crate::catalog::Kind;
use crate::plan::{ParamId, Plan, Value};
use crate::run::{Length, RunError, Transaction};
use crate::sql::{self, Statement};

/// What is told under each response key.
pub(super) type Told = Vec<(String, Vec<u8>)>;

/// What a mutation gives, and what of its payload was read already.
pub(super) struct Gains {
    pub gifts: Vec<(&'static str, Returned)>,
    pub told: Told,
}

impl Engine {
    /// What was done, read in the transaction that did it.
    pub(super) async fn tell(
        &self,
        asked: &Asked<'_>,
        gains: &Gains,
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let returned = |name: &str| {
            let mut gifts = gains.gifts.iter();
            gifts
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value)
        };
        let mut parts = Vec::with_capacity(asked.payload.len());
        for (key, member) in &asked.payload {
            let told = gains.told.iter().find(|(known, _)| known == key);
            if let Some((key, json)) = told {
                parts.push((key.clone(), json.clone()));
                continue;
            }
            let json = match member {
                Member::Typename(name) => text(&json!(name)),
                Member::Errors(_) => b"[]".to_vec(),
                Member::Gift(name) => match returned(name) {
                    Some(Returned::Json(value)) => text(value),
                    _ => b"null".to_vec(),
                },
                Member::Row(name, plan, param) => match returned(name) {
                    Some(Returned::Row(id)) => {
                        self.row_told(plan, *param, *id, transaction).await?
                    }
                    _ => b"null".to_vec(),
                },
                Member::Rows(name, plan, param) => match returned(name) {
                    Some(Returned::Rows(keys)) => {
                        self.list_told(plan, *param, keys, transaction).await?
                    }
                    _ => b"null".to_vec(),
                },
            };
            parts.push((key.clone(), json));
        }
        Ok(write(parts))
    }

    /// What is told of rows that are about to be deleted, under each response
    /// key.
    pub(super) async fn rows_told(
        &self,
        asked: &Asked<'_>,
        keys: &[Uuid],
        transaction: &Transaction,
    ) -> Result<Told, RunError> {
        let mut told = Vec::new();
        for (key, member) in &asked.payload {
            let json = match (member, keys.first()) {
                (Member::Row(_, plan, param), Some(id)) => {
                    self.row_told(plan, *param, *id, transaction).await?
                }
                (Member::Rows(_, plan, param), _) => {
                    self.list_told(plan, *param, keys, transaction).await?
                }
                _ => continue,
            };
            told.push((key.clone(), json));
        }
        Ok(told)
    }

    async fn row_told(
        &self,
        plan: &Plan<'_>,
        param: ParamId,
        key: Uuid,
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let mut params = plan.params.clone();
        params[param.0].value = Value::Uuid(key);
        let dialect = self.database.dialect();
        let fetch = async |statement: &Statement| transaction.fetch(statement, &params).await;
        if transaction.length() == Length::Largest {
            weigh(plan, dialect, self.database.largest(), fetch).await?;
        }
        fetch(&sql::compile(plan, dialect)).await
    }

    async fn list_told(
        &self,
        plan: &Plan<'_>,
        param: ParamId,
        keys: &[Uuid],
        transaction: &Transaction,
    ) -> Result<Vec<u8>, RunError> {
        let mut params = plan.params.clone();
        let keys = keys.iter().copied().map(Value::Uuid).collect();
        params[param.0].value = Value::List(Kind::Uuid, keys);
        let statement = sql::compile(plan, self.database.dialect());
        let rows = transaction.fetch_each(&statement, &params).await?;
        let mut list = vec![b'['];
        list.extend(rows.join(&b','));
        list.push(b']');
        Ok(list)
    }
}

/// A field of an operation that is not kept, with what is wrong with it.
pub(super) fn undone(field: &RootField<'_>, errors: &[UserError]) -> Vec<u8> {
    match field {
        RootField::Asked(asked) => refused(asked, errors),
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
                    let mut json = vec![b'['];
                    for (place, error) in errors.iter().enumerate() {
                        if place > 0 {
                            json.push(b',');
                        }
                        shape.write(error, &mut json);
                    }
                    json.push(b']');
                    json
                }
                Member::Gift(_) | Member::Row(..) | Member::Rows(..) => b"null".to_vec(),
            };
            (key.clone(), json)
        })
        .collect();
    write(parts)
}

fn text(value: &Json) -> Vec<u8> {
    value.to_string().into_bytes()
}
