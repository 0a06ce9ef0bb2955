use std::fmt;
use std::sync::Arc;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, Object, SchemaBuilder, TypeRef};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::call::{Act, Call, Outcome, Prepared};
use super::input::Input;
use super::scalar;
use super::schema::answered;
use super::selection::Reader;
use super::shape::{Argument, Arguments, Shape};
use super::user_error::{ErrorShape, USER_ERROR, UserError};
use super::view::View;
use super::write::{AskedWrite, Draft};
use crate::access::Role;
use crate::catalog::{Entity, Kind, capitalised};
use crate::error::ApiError;
use crate::plan::write::References;
use crate::plan::{ParamId, Plan, Root, Value};

/// What every payload has its errors under.
pub(super) const USER_ERRORS: &str = "userErrors";
/// The one argument of a mutation that takes any.
const INPUT: &str = "input";

/// A mutation that is written by hand, as data: how it looks to a client, who
/// may ask for it, and what it does.
///
/// Its arguments become one input type, its gifts the fields of its payload.
/// All of an operation is one transaction: what a mutation writes by
/// [`Call::transaction`] is kept if no other part of the operation fails.
#[derive(Clone)]
pub struct Verb {
    name: &'static str,
    description: &'static str,
    least: Role,
    arguments: Vec<Argument>,
    gifts: Vec<Gift>,
    does: Does,
    gives_secrets: bool,
    sets_cookies: bool,
}

/// What a mutation does before that transaction: what takes long and what is
/// done once, however often the transaction is tried.
pub type Prepare = fn(Call) -> BoxFuture<'static, Result<Prepared, ApiError>>;

#[derive(Clone)]
enum Does {
    AtOnce(Act),
    Prepared(Prepare),
}

#[derive(Clone, Copy, Debug)]
struct Gift {
    name: &'static str,
    kind: GiftKind,
    description: &'static str,
}

/// What a field of a payload is.
#[derive(Clone, Copy, Debug)]
pub enum GiftKind {
    /// A text.
    Text,
    /// A moment.
    DateTime,
    /// A row of the entity of that name, as far as the requester may see it.
    Row(&'static str),
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verb({})", self.name)
    }
}

impl Verb {
    /// A mutation of that name, for everyone, that takes and gives nothing.
    #[must_use]
    pub fn new(
        name: &'static str,
        description: &'static str,
        run: impl Fn(Call) -> BoxFuture<'static, Result<Outcome, ApiError>> + Send + Sync + 'static,
    ) -> Self {
        Self::of(name, description, Does::AtOnce(Arc::new(run)))
    }

    /// One that has something to do before its operation's transaction begins.
    #[must_use]
    pub fn prepared(name: &'static str, description: &'static str, prepare: Prepare) -> Self {
        Self::of(name, description, Does::Prepared(prepare))
    }

    fn of(name: &'static str, description: &'static str, does: Does) -> Self {
        Self {
            name,
            description,
            least: Role::Anonymous,
            arguments: Vec::new(),
            gifts: Vec::new(),
            does,
            gives_secrets: false,
            sets_cookies: false,
        }
    }

    /// For this role and those above it only. For others it does not exist.
    #[must_use]
    pub fn least(mut self, role: Role) -> Self {
        self.least = role;
        self
    }

    /// Takes an argument that must be given.
    #[must_use]
    pub fn takes(self, name: &'static str, shape: Shape, description: &'static str) -> Self {
        self.argument(name, shape, true, description)
    }

    /// Takes an argument that may be left out.
    #[must_use]
    pub fn may_take(self, name: &'static str, shape: Shape, description: &'static str) -> Self {
        self.argument(name, shape, false, description)
    }

    fn argument(
        mut self,
        name: &'static str,
        shape: Shape,
        required: bool,
        description: &'static str,
    ) -> Self {
        self.arguments.push(Argument {
            name,
            shape,
            required,
            description,
        });
        self
    }

    /// Gives something. It is null where the mutation fails.
    #[must_use]
    pub fn gives(mut self, name: &'static str, kind: GiftKind, description: &'static str) -> Self {
        self.gifts.push(Gift {
            name,
            kind,
            description,
        });
        self
    }

    /// Gives something that is known to nobody else, such as a token: the
    /// answer is never stored, and there is no preview of it.
    #[must_use]
    pub fn in_secret(mut self) -> Self {
        self.gives_secrets = true;
        self
    }

    /// Whether its answer is never stored.
    pub(super) fn gives_secrets(&self) -> bool {
        self.gives_secrets
    }

    /// Sets or takes back a cookie where tokens are kept in one.
    #[must_use]
    pub fn with_cookies(mut self) -> Self {
        self.sets_cookies = true;
        self
    }

    /// Whether it may set a cookie where tokens are kept in one.
    pub(super) fn sets_cookies(&self) -> bool {
        self.sets_cookies
    }

    /// The name of the mutation.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it exists for a role.
    #[must_use]
    pub fn is_for(&self, role: Role) -> bool {
        role >= self.least
    }

    /// Does what comes before the transaction.
    pub(super) async fn prepare(&self, call: Call) -> Result<Prepared, ApiError> {
        match &self.does {
            Does::AtOnce(act) => Ok(Prepared::act(act.clone())),
            Does::Prepared(prepare) => prepare(call).await,
        }
    }

    fn type_name(&self, end: &str) -> String {
        format!("{}{end}", capitalised(self.name))
    }

    /// The names of its types.
    pub(super) fn type_names(&self) -> Vec<String> {
        let arguments = self.arguments.iter();
        let items = arguments.filter_map(|argument| argument.shape.own_type());
        let mut names: Vec<_> = items.map(str::to_owned).collect();
        names.extend(["Input", "Payload"].map(|end| self.type_name(end)));
        names
    }

    /// Adds its types.
    pub(super) fn define(&self, view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
        if !self.arguments.is_empty() {
            let input = InputObject::new(self.type_name("Input"))
                .description(format!("What `{}` takes.", self.name));
            for argument in &self.arguments {
                builder = argument.shape.define(view, builder);
            }
            let mut arguments = self.arguments.iter();
            builder = builder.register(
                arguments
                    .by_ref()
                    .fold(input, |input, argument| input.field(argument.define(view))),
            );
        }
        let payload = Object::new(self.type_name("Payload"))
            .description(format!("What became of `{}`.", self.name));
        let payload = self.gifts.iter().fold(payload, |payload, gift| {
            let Some(name) = gift.kind.type_name(view) else {
                return payload;
            };
            payload.field(answered(gift.name, TypeRef::named(name)).description(gift.description))
        });
        let errors = answered(USER_ERRORS, TypeRef::named_nn_list_nn(USER_ERROR)).description(
            "What you can do something about. Where there is anything, nothing was done, and the \
             other fields are null.",
        );
        builder.register(payload.field(errors))
    }

    /// The field of the mutation root.
    pub(super) fn define_field(&self) -> Field {
        let field = answered(self.name, TypeRef::named_nn(self.type_name("Payload")))
            .description(self.description);
        if self.arguments.is_empty() {
            return field;
        }
        field.argument(
            InputValue::new(INPUT, TypeRef::named_nn(self.type_name("Input")))
                .description("What it takes."),
        )
    }
}

impl GiftKind {
    /// None where it does not exist for the role.
    fn type_name(self, view: View<'_>) -> Option<&str> {
        match self {
            Self::Text => Some(TypeRef::STRING),
            Self::DateTime => Some(scalar::type_name(&Kind::DateTime)),
            Self::Row(name) => view.by_name(name).map(|entity| entity.name.as_str()),
        }
    }
}

/// A mutation that is asked for, read: what it does, and what is to be told of
/// what becomes of it.
pub(super) struct Asked<'c> {
    pub doing: Doing<'c>,
    pub payload: Vec<(String, Member<'c>)>,
}

/// What a mutation does.
pub(super) enum Doing<'c> {
    /// What is written by hand.
    Verb(Box<AskedVerb<'c>>),
    /// What the declaration of an entity says.
    Write(Box<AskedWrite<'c>>),
}

/// A mutation that is written by hand, with what it is given.
pub(super) struct AskedVerb<'c> {
    pub verb: &'c Verb,
    pub given: Arguments,
    /// The rows that it names.
    pub references: Vec<References<'c>>,
    /// What is wrong with it.
    pub faults: Vec<UserError>,
}

impl Asked<'_> {
    /// What is wrong with what it is given.
    pub fn faults(&self) -> &[UserError] {
        match &self.doing {
            Doing::Verb(asked) => &asked.faults,
            Doing::Write(asked) => asked.faults(),
        }
    }
}

/// What stands under a response key of a payload.
pub(super) enum Member<'c> {
    Typename(String),
    Gift(&'static str),
    /// A row, read by a plan whose key is filled in once it is known.
    Row(&'static str, Box<Plan<'c>>, ParamId),
    /// Rows, read by a plan whose keys are filled in.
    Rows(&'static str, Box<Plan<'c>>, ParamId),
    Errors(ErrorShape),
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads a mutation that is asked for.
    pub(super) fn asked(
        &mut self,
        verb: &'c Verb,
        fields: &[&'r Selected],
    ) -> Result<Asked<'c>, ApiError> {
        Ok(Asked {
            doing: Doing::Verb(Box::new(self.given_to(verb, fields[0])?)),
            payload: self.payload(verb, fields)?,
        })
    }

    /// Reads what a mutation is given, and the rows that it names.
    fn given_to(&mut self, verb: &'c Verb, field: &'r Selected) -> Result<AskedVerb<'c>, ApiError> {
        let mut draft = Draft::default();
        let given = match Input::given(field, INPUT, self.variables()) {
            None => Arguments::default(),
            Some(input) => {
                draft.faults.enter(INPUT);
                let given = self.arguments(&mut draft, &verb.arguments, input);
                draft.faults.leave();
                given.map_err(|error| error.within(INPUT))?
            }
        };
        let Draft { book, faults, .. } = draft;
        Ok(AskedVerb {
            verb,
            given,
            references: self.references(book)?,
            faults: faults.into_errors(),
        })
    }

    /// Reads what is to be told of a mutation, with a plan for each row.
    fn payload(
        &mut self,
        verb: &Verb,
        fields: &[&'r Selected],
    ) -> Result<Vec<(String, Member<'c>)>, ApiError> {
        let type_name = verb.type_name("Payload");
        let collected = self.collect(fields, &type_name)?;
        let mut members = Vec::with_capacity(collected.len());
        for (key, fields) in collected {
            let name = fields[0].name.as_str();
            let gift = verb.gifts.iter().find(|gift| gift.name == name);
            let member = match gift.map(|gift| (gift.name, gift.kind)) {
                Some((name, GiftKind::Row(entity))) => {
                    let (plan, param) = self.row_of(key, entity, &fields)?;
                    Member::Row(name, Box::new(plan), param)
                }
                Some((name, _)) => Member::Gift(name),
                None if name == USER_ERRORS => {
                    Member::Errors(self.under(key, |reader| reader.errors(&fields))?)
                }
                None => Member::Typename(type_name.clone()),
            };
            members.push((key.to_owned(), member));
        }
        Ok(members)
    }

    /// Plans the row that a mutation will name.
    pub(super) fn row_of(
        &mut self,
        key: &str,
        entity: &str,
        fields: &[&'r Selected],
    ) -> Result<(Plan<'c>, ParamId), ApiError> {
        let entity: &'c Entity = self
            .view()
            .by_name(entity)
            .ok_or_else(|| ApiError::internal(&format!("no entity {entity}")))?;
        self.apart_plan(|reader| {
            reader.under(key, |reader| {
                let param = reader.bind(Value::Uuid(Uuid::nil()));
                let row = reader.row_by(entity, param, fields)?;
                Ok((Root::Row(Box::new(row)), param))
            })
        })
    }
}
