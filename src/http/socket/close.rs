use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::error::ApiError;

/// The longest reason, in bytes (RFC 6455, section 5.5).
const LONGEST: usize = 123;

/// Why the server closes a socket: a code for programs and a reason for people.
/// Those from 4400 on are the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: String,
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        reason.truncate(reason.floor_char_boundary(LONGEST));
        Self { code, reason }
    }

    /// The server stops.
    pub fn stopping() -> Self {
        Self::new(1001, "The server stops. Connect again.")
    }

    /// Nothing was asked for long.
    pub fn idle() -> Self {
        Self::new(1001, "Nothing was asked for long. Connect again.")
    }

    /// It cannot be told just now who asks.
    pub fn unavailable(error: &ApiError) -> Self {
        Self::new(1013, error.message())
    }

    /// A message that is none of the protocol's.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::new(4400, reason)
    }

    /// An operation before the connection was acknowledged.
    pub fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    /// A token that is not good, or no longer.
    pub fn forbidden(error: &ApiError) -> Self {
        Self::new(4403, format!("Forbidden: {}", error.message()))
    }

    /// Another sub-protocol.
    pub fn not_acceptable() -> Self {
        Self::new(
            4406,
            "Subprotocol not acceptable: speak graphql-transport-ws, as the npm package graphql-ws \
             does",
        )
    }

    /// No `connection_init` in time.
    pub fn late() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// An operation with the id of one that runs.
    pub fn taken(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// A second `connection_init`.
    pub fn again() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// Our mistake.
    pub fn failed() -> Self {
        Self::new(4500, "Internal server error")
    }

    /// Its code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// As it is sent.
    pub fn into_frame(self) -> CloseFrame {
        CloseFrame {
            code: self.code.into(),
            reason: self.reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_no_longer_than_its_frame_may_be() {
        let close = Close::taken(&"é".repeat(200));
        assert!(close.reason.starts_with("Subscriber for é"));
        assert_eq!(close.reason.len(), 123);
        assert_eq!(Close::taken("1").reason, "Subscriber for 1 already exists");
    }

    #[test]
    fn every_reason_of_ours_is_whole() {
        for close in [Close::stopping(), Close::idle(), Close::not_acceptable()] {
            assert!(close.reason.len() < LONGEST, "{close:?}");
        }
    }
}
