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
