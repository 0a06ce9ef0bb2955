use apollo_compiler::Name;
use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{
    Enum, EnumItem, Interface, InterfaceField, Object, SchemaBuilder, TypeRef,
};
use serde_json::{Value, json};

use super::collect::told_before;
use super::schema::answered;
use super::selection::Reader;
use crate::error::ApiError;

/// The interface of what users can do something about.
pub(super) const USER_ERROR: &str = "UserError";
/// How many of them one field tells: whoever makes more makes one mistake many
/// times.
pub(super) const MOST_ERRORS: usize = 100;
/// The enum of their codes.
const CODE: &str = "UserErrorCode";

/// Something that a mutation could not do, and that its caller can do something
/// about. It is part of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    kind: UserErrorKind,
    message: String,
    path: Vec<String>,
}

/// What kind of thing it is, with what its type has besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserErrorKind {
    /// A value is not one that is taken.
    Validation,
    /// Name and password do not go together.
    InvalidCredentials,
    /// Too many attempts; seconds until the next.
    RateLimited(u64),
    /// Somebody else has it already.
    Conflict,
    /// There is no such thing, or the caller may not see it.
    NotFound,
    /// The session is over.
    SessionOver,
    /// The caller may see it, but not write it, or not like this.
    NotAllowed,
    /// It was changed meanwhile; its version by now.
    StaleVersion(i64),
    /// More rows meet the filter of a bulk change than were expected; how many.
    TooManyRows(u64),
    /// Fewer pieces are left than were ordered; how many.
    OutOfStock(i32),
    /// The order is in a state from which this cannot be done; which one.
    InvalidTransition(&'static str),
    /// Another part of the operation failed, so nothing was kept.
    RolledBack,
}

impl UserErrorKind {
    /// One of every kind.
    const ALL: [Self; 12] = [
        Self::Validation,
        Self::InvalidCredentials,
        Self::RateLimited(0),
        Self::Conflict,
        Self::NotFound,
        Self::SessionOver,
        Self::NotAllowed,
        Self::StaleVersion(0),
        Self::TooManyRows(0),
        Self::OutOfStock(0),
        Self::InvalidTransition(""),
        Self::RolledBack,
    ];

    fn type_name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationError",
            Self::InvalidCredentials => "InvalidCredentialsError",
            Self::RateLimited(_) => "RateLimitedError",
            Self::Conflict => "ConflictError",
            Self::NotFound => "NotFoundError",
            Self::SessionOver => "SessionOverError",
            Self::NotAllowed => "NotAllowedError",
            Self::StaleVersion(_) => "StaleVersionError",
            Self::TooManyRows(_) => "TooManyRowsError",
            Self::OutOfStock(_) => "OutOfStockError",
            Self::InvalidTransition(_) => "InvalidTransitionError",
            Self::RolledBack => "RolledBackError",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION_FAILED",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::Conflict => "CONFLICT",
            Self::NotFound => "NOT_FOUND",
            Self::SessionOver => "SESSION_OVER",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::StaleVersion(_) => "STALE_VERSION",
            Self::TooManyRows(_) => "TOO_MANY_ROWS",
            Self::OutOfStock(_) => "OUT_OF_STOCK",
            Self::InvalidTransition(_) => "INVALID_TRANSITION",
            Self::RolledBack => "ROLLED_BACK",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Validation => "A value is not one that is taken.",
            Self::InvalidCredentials => "Name and password do not go together.",
            Self::RateLimited(_) => "There were too many attempts.",
            Self::Conflict => "Somebody else has that already.",
            Self::NotFound => "There is no such thing, or none that you may see.",
            Self::SessionOver => "The session is over. Log in again.",
            Self::NotAllowed => "You may see it, but not write it, or not like this.",
            Self::StaleVersion(_) => "It was changed since you read it.",
            Self::TooManyRows(_) => "More rows meet the filter than you expected.",
            Self::OutOfStock(_) => "Fewer pieces are left than you ordered.",
            Self::InvalidTransition(_) => "It is in a state from which this cannot be done.",
            Self::RolledBack => "Another part of the operation failed, so nothing was kept.",
        }
    }

    /// What its type has besides: a name, a value and what that is.
    fn detail(self) -> Option<Detail> {
        let (name, scalar, value, description) = match self {
            Self::RateLimited(seconds) => (
                "retryAfter",
                TypeRef::INT,
                json!(seconds),
                "In how many seconds it can be tried again.",
            ),
            Self::StaleVersion(version) => (
                "currentVersion",
                "BigInt",
                json!(version),
                "The version that it has by now.",
            ),
            Self::TooManyRows(matches) => (
                "matches",
                "BigInt",
                json!(matches),
                "How many rows meet the filter.",
            ),
            Self::OutOfStock(pieces) => (
                "available",
                TypeRef::INT,
                json!(pieces),
                "How many pieces are left.",
            ),
            Self::InvalidTransition(status) => (
                "currentStatus",
                TypeRef::STRING,
                json!(status),
                "The state that it is in.",
            ),
            _ => return None,
        };
        Some(Detail {
            name,
            scalar,
            value,
            description,
        })
    }
}

/// What the type of an error has besides.
struct Detail {
    name: &'static str,
    scalar: &'static str,
    value: Value,
    description: &'static str,
}

impl UserError {
    /// An error about what stands at a path within the arguments. The message
    /// is for people: it says what is wrong and what to do.
    #[must_use]
    pub fn new(kind: UserErrorKind, message: impl Into<String>, path: &[&str]) -> Self {
        Self {
            kind,
            message: message.into(),
            path: path.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> UserErrorKind {
        self.kind
    }
}

/// Adds the interface, its types and the codes.
pub(super) fn define(builder: SchemaBuilder) -> SchemaBuilder {
    let codes = UserErrorKind::ALL.iter().fold(
        Enum::new(CODE).description("What went wrong, in a word that programs may rely on."),
        |codes, kind| codes.item(EnumItem::new(kind.code()).description(kind.description())),
    );
    let interface = fields().into_iter().fold(
        Interface::new(USER_ERROR)
            .description("Something that was not done, and that you can do something about."),
        |interface, (name, output, description)| {
            interface.field(InterfaceField::new(name, output).description(description))
        },
    );
    let builder = builder.register(codes).register(interface);
    UserErrorKind::ALL.iter().fold(builder, |builder, kind| {
        let object = Object::new(kind.type_name())
            .description(kind.description())
            .implement(USER_ERROR);
        let object = fields()
            .into_iter()
            .fold(object, |object, (name, output, description)| {
                object.field(answered(name, output).description(description))
            });
        builder.register(match kind.detail() {
            Some(detail) => {
                let field = answered(detail.name, TypeRef::named_nn(detail.scalar));
                object.field(field.description(detail.description))
            }
            None => object,
        })
    })
}

fn fields() -> [(&'static str, TypeRef, &'static str); 3] {
    [
        (
            "message",
            TypeRef::named_nn(TypeRef::STRING),
            "What is wrong and what to do, for people.",
        ),
        ("code", TypeRef::named_nn(CODE), "The same for programs."),
        (
            "path",
            TypeRef::named_nn_list_nn(TypeRef::STRING),
            "Where in the arguments the cause is, from the outermost name on.",
        ),
    ]
}

/// How long a message is taken to be, in bytes.
const MESSAGE: u64 = 256;

/// What is asked of errors: for each type its response keys, and the fields
/// that they stand for.
#[derive(Clone, Debug)]
pub(super) struct ErrorShape(Vec<(&'static str, Vec<(Name, Name)>)>);

impl ErrorShape {
    /// Writes an error as it was asked for.
    pub fn write(&self, error: &UserError, json: &mut Vec<u8>) {
        let type_name = error.kind.type_name();
        let keys = self.0.iter().find(|(name, _)| *name == type_name);
        let keys = keys.map(|(_, keys)| keys.as_slice()).unwrap_or_default();
        json.push(b'{');
        for (place, (key, field)) in keys.iter().enumerate() {
            let value = match field.as_str() {
                "__typename" => json!(type_name),
                "message" => json!(error.message),
                "code" => json!(error.kind.code()),
                "path" => json!(error.path),
                _ => json!(error.kind.detail().map(|detail| detail.value)),
            };
            let comma = if place == 0 { "" } else { "," };
            json.extend(format!("{comma}\"{key}\":{value}").into_bytes());
        }
        json.push(b'}');
    }
}

impl<'r> Reader<'_, 'r> {
    /// Reads what is asked of errors.
    pub(super) fn errors(&mut self, fields: &[&'r Selected]) -> Result<ErrorShape, ApiError> {
        let mut shapes = Vec::with_capacity(UserErrorKind::ALL.len());
        let mut collectors = Vec::with_capacity(UserErrorKind::ALL.len());
        for kind in UserErrorKind::ALL {
            let collector = self.gather(fields, kind.type_name());
            collector.check()?;
            let keys = collector.collected.iter();
            let keys =
                keys.map(|(_, fields)| (fields[0].response_name().clone(), fields[0].name.clone()));
            shapes.push((kind.type_name(), keys.collect()));
            collectors.push(collector);
        }
        // Only one of them is written for an error, so the largest counts: of
        // selections and of keys, which another kind may have more of.
        let longest = collectors.iter().max_by_key(|one| one.looked_at().all);
        let widest = collectors.iter().max_by_key(|one| one.collected.len());
        self.for_each(MOST_ERRORS as u64, |reader| {
            let widest = widest.map_or(&[][..], |one| &one.collected);
            for before in told_before(widest, reader.variables()) {
                reader.spend_text(MESSAGE, before);
            }
            longest.map_or(Ok(()), |one| reader.spend_selections(one))
        })
        .map_err(|error| error.on(&self.path))?;
        Ok(ErrorShape(shapes))
    }
}
