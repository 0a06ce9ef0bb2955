use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::access::Role;
use crate::plan::Plan;
use crate::sql::Statement;

/// How a root field would be answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Outlook {
    /// By reading rows.
    Read(Explained),
    /// By changing something.
    Change {
        /// Its response key.
        field: String,
        /// What it may cost, in rows that may be touched.
        cost: u64,
    },
    /// Out of the schema.
    Schema {
        /// Its response key.
        field: String,
        /// What it may cost, in the same.
        cost: u64,
    },
}

/// How a root field is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Its response key.
    pub field: String,
    /// The text of the statement.
    pub sql: String,
    /// The types of the parameters it binds, in the order of the
    /// placeholders. Values are not told: they may be a rule's.
    pub parameters: Vec<String>,
    /// What it may cost, in rows that may be touched.
    pub cost: u64,
    /// Which rules narrow what is read, and how.
    pub rules: Vec<String>,
    /// What running it told; none where it did not run.
    pub run: Option<Run>,
}

/// What running a statement told.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
    /// How the database runs it, in its own words, line by line.
    pub plan: Vec<String>,
}

/// Tells how a root field is answered to a role.
pub(super) fn describe(
    field: String,
    plan: &Plan<'_>,
    statement: &Statement,
    cost: u64,
    role: Role,
) -> Explained {
    let binds = statement.binds.iter();
    Explained {
        field,
        sql: statement.sql.clone(),
        parameters: binds
            .filter_map(|bind| plan.params.get(bind.0))
            .map(|param| param.value.type_name())
            .collect(),
        cost,
        rules: plan.rules.iter().map(|rule| rule.describe(role)).collect(),
        run: None,
    }
}

impl Explained {
    /// The same with what running it told.
    #[must_use]
    pub fn ran(self, time: Duration, plan: Vec<String>) -> Self {
        let milliseconds = (time.as_secs_f64() * 1e6).round() / 1e3;
        Self {
            run: Some(Run { milliseconds, plan }),
            ..self
        }
    }

    /// The form that clients see.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("field".to_owned(), json!(self.field));
        object.insert("cost".to_owned(), json!(self.cost));
        object.insert("rules".to_owned(), json!(self.rules));
        object.insert("sql".to_owned(), json!(self.sql));
        object.insert("parameters".to_owned(), json!(self.parameters));
        if let Some(Run { milliseconds, plan }) = &self.run {
            object.insert("milliseconds".to_owned(), json!(milliseconds));
            object.insert("plan".to_owned(), json!(plan));
        }
        Value::Object(object)
    }
}
