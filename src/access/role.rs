use std::fmt;

/// The role lattice. A role may do whatever a lower one may; a rule names the
/// lowest role it admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// No token was sent.
    Anonymous,
    /// A signed-in customer.
    Customer,
    /// Someone who works in the shop.
    Staff,
    /// Someone who runs it.
    Admin,
}

impl Role {
    /// Every role, lowest first.
    pub const ALL: [Role; 4] = [Role::Anonymous, Role::Customer, Role::Staff, Role::Admin];

    /// The lower-case name used in tokens, in the database and on the command
    /// line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Anonymous => "anonymous",
            Role::Customer => "customer",
            Role::Staff => "staff",
            Role::Admin => "admin",
        }
    }

    /// The role of that [`name`](Role::name), if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Where the role stands in [`Role::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
