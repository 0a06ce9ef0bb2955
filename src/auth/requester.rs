use uuid::Uuid;

use crate::access::Role;

/// Who a request is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// No token was sent.
    Anonymous,
    /// A user with a valid token.
    User {
        /// The user's id.
        id: Uuid,
        /// The role that the token grants.
        role: Role,
    },
}

impl Requester {
    /// The requester's role.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Anonymous => Role::Anonymous,
            Self::User { role, .. } => *role,
        }
    }

    /// The requester's user id, if it is signed in.
    #[must_use]
    pub fn user(&self) -> Option<Uuid> {
        match self {
            Self::Anonymous => None,
            Self::User { id, .. } => Some(*id),
        }
    }
}

/// A requester, and the sign-in that the token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who asks.
    pub requester: Requester,
    /// The sign-in; none for tokens of the command line and of other issuers.
    pub session: Option<Uuid>,
}

impl Identity {
    /// Nobody in particular.
    pub const ANONYMOUS: Self = Self {
        requester: Requester::Anonymous,
        session: None,
    };
}

impl From<Requester> for Identity {
    fn from(requester: Requester) -> Self {
        Self {
            requester,
            session: None,
        }
    }
}
