//! What users do with their accounts.
//!
//! Owns the mutations of accounts, one per file, and the changes of accounts
//! that the command line shares with them ([`user`]). Must not know axum or SQL
//! text. Hashes, tokens, sessions and limits are in [`crate::auth`]; how a
//! mutation is answered is in [`crate::graphql`].

mod change_password;
mod disable_user;
mod log_in;
mod log_out;
mod log_out_everywhere;
mod refresh_session;
mod revoke_session;
mod set_user_role;
mod sign_in;
mod sign_up;
mod update_profile;
pub mod user;

pub(crate) use self::sign_in::COOKIE;
pub use self::sign_in::role_of;

use crate::graphql::Verb;

/// The mutations of accounts, in the order of the schema.
#[must_use]
pub fn verbs() -> Vec<Verb> {
    vec![
        change_password::verb(),
        disable_user::disable(),
        disable_user::enable(),
        log_in::verb(),
        log_out::verb(),
        log_out_everywhere::verb(),
        refresh_session::verb(),
        revoke_session::verb(),
        set_user_role::verb(),
        sign_up::verb(),
        update_profile::verb(),
    ]
}
