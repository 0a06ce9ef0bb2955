//! Passwords: which can be chosen, and their hashes.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

/// How many characters a password has (NIST SP 800-63B-4, section 3.1.1.2,
/// asks for no composition rules, and for room for long ones).
pub const LENGTHS: std::ops::RangeInclusive<usize> = 10..=128;

/// The passwords of ten and more characters that stand highest in lists of
/// those that were leaked, in lower case: of the 20,000 that Django refuses and
/// the 30,000 that zxcvbn counts.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// It has too few characters.
    TooShort,
    /// It has too many.
    TooLong,
    /// Whoever guesses would try it early.
    Common,
}

/// What came of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is the password.
    Right,
    /// It is, and its hash takes less work than is asked for now.
    Outdated,
    /// It is not.
    Wrong,
}

/// What it takes to hash a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PasswordCost {
    /// The least that the OWASP Password Storage Cheat Sheet recommends for
    /// Argon2id with one lane.
    pub const LEAST: Self = Self {
        memory: Params::DEFAULT_M_COST,
        passes: Params::DEFAULT_T_COST,
    };
}

/// Why there is no hash, for the log.
#[derive(Debug, thiserror::Error)]
#[error("passwords cannot be hashed: {0}")]
pub struct HashFault(String);

/// Hashes passwords by Argon2id, a few at a time, on threads that serve
/// nothing else.
pub struct Passwords {
    argon2: Argon2<'static>,
    cost: PasswordCost,
    slots: Arc<Semaphore>,
    /// The hash of a password that nobody has: comparing with it takes as long
    /// as with that of an account.
    decoy: String,
}

impl Passwords {
    /// Hashes at that cost, `slots` at a time.
    ///
    /// # Errors
    /// [`HashFault`] where the cost is not possible.
    pub fn new(cost: PasswordCost, slots: usize) -> Result<Self, HashFault> {
        let fault = |error: &dyn std::fmt::Display| HashFault(error.to_string());
        let params =
            Params::new(cost.memory, cost.passes, 1, None).map_err(|error| fault(&error))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobodys = super::random::secret().ok_or_else(|| fault(&"no randomness"))?;
        let decoy = hash(&argon2, &nobodys)?;
        Ok(Self {
            argon2,
            cost,
            slots: Arc::new(Semaphore::new(slots)),
            decoy,
        })
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`HashFault`] where it cannot be computed.
    pub async fn hash(&self, password: &str) -> Result<String, HashFault> {
        let (argon2, password) = (self.argon2.clone(), normal(password));
        self.work(move || hash(&argon2, &password)).await?
    }

    /// Compares a password with a hash. Where there is none it takes as long,
    /// and is wrong.
    ///
    /// # Errors
    /// [`HashFault`] where the hash cannot be read.
    pub async fn verify(&self, password: &str, known: Option<&str>) -> Result<Verified, HashFault> {
        let password = normal(password);
        // Nobody could have chosen it, and hashing it takes longer.
        let possible = password.chars().count() <= *LENGTHS.end();
        let known_hash = known.unwrap_or(&self.decoy).to_owned();
        let tried = if possible { password } else { String::new() };
        let (argon2, cost) = (self.argon2.clone(), self.cost);
        let verified = self
            .work(move || {
                let parsed =
                    PasswordHash::new(&known_hash).map_err(|error| HashFault(error.to_string()))?;
                if argon2.verify_password(tried.as_bytes(), &parsed).is_err() {
                    return Ok(Verified::Wrong);
                }
                let outdated = Params::try_from(&parsed).is_ok_and(|params| {
                    params.m_cost() < cost.memory || params.t_cost() < cost.passes
                });
                Ok(if outdated {
                    Verified::Outdated
                } else {
                    Verified::Right
                })
            })
            .await??;
        Ok(if known.is_some() && possible {
            verified
        } else {
            Verified::Wrong
        })
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashFault> {
        let fault = |error: &dyn std::fmt::Display| HashFault(error.to_string());
        let slot = self.slots.clone().acquire_owned().await;
        let slot = slot.map_err(|error| fault(&error))?;
        // The slot is taken until the work is done, whoever still waits for it.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        done.await.map_err(|error| fault(&error))
    }
}

/// Why a password cannot be chosen, if it cannot. `names` are what the account
/// goes by.
#[must_use]
pub fn fault(password: &str, names: &[&str]) -> Option<PasswordFault> {
    let password = normal(password);
    let length = password.chars().count();
    if length < *LENGTHS.start() {
        return Some(PasswordFault::TooShort);
    }
    if length > *LENGTHS.end() {
        return Some(PasswordFault::TooLong);
    }
    let lower = password.to_lowercase();
    let is_name = names.iter().any(|name| lower == name.to_lowercase());
    let mut characters = lower.chars();
    let first = characters.next();
    let is_one = characters.all(|character| Some(character) == first);
    (is_name || is_one || COMMON.contains(lower.as_str())).then_some(PasswordFault::Common)
}

/// A password as it is hashed, whatever keyboard it was typed on (NIST SP
/// 800-63B-4, section 3.1.1.2).
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, HashFault> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| HashFault(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(passes: u32) -> Passwords {
        let cost = PasswordCost { memory: 64, passes };
        Passwords::new(cost, 2).unwrap()
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = quick(1);
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        for (password, expected) in [
            ("correct horse battery", Verified::Right),
            ("Correct horse battery", Verified::Wrong),
            ("", Verified::Wrong),
        ] {
            let verified = passwords.verify(password, Some(&hash)).await.unwrap();
            assert_eq!(verified, expected, "{password}");
        }
    }

    #[tokio::test]
    async fn nothing_is_right_where_there_is_no_hash() {
        let verified = quick(1).verify("correct horse battery", None).await;
        assert_eq!(verified.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_less_work_is_outdated() {
        let hash = quick(1).hash("correct horse battery").await.unwrap();
        let verified = quick(2).verify("correct horse battery", Some(&hash)).await;
        assert_eq!(verified.unwrap(), Verified::Outdated);
    }

    #[tokio::test]
    async fn letters_are_the_same_however_they_are_composed() {
        let passwords = quick(1);
        let hash = passwords.hash("caf\u{e9} au lait").await.unwrap();
        let verified = passwords.verify("cafe\u{301} au lait", Some(&hash)).await;
        assert_eq!(verified.unwrap(), Verified::Right);
    }

    #[test]
    fn passwords_that_are_easily_guessed_are_refused() {
        let refused = |password: &str| fault(password, &["ada@example.com", "Ada Lovelace"]);
        assert_eq!(refused("ninechars"), Some(PasswordFault::TooShort));
        let long = "x1".repeat(65);
        assert_eq!(refused(&long), Some(PasswordFault::TooLong));
        for common in [
            "Password123",
            "0123456789",
            "ada lovelace",
            "ADA@example.com",
            "………………………………",
        ] {
            assert_eq!(refused(common), Some(PasswordFault::Common), "{common}");
        }
        assert_eq!(refused("correct horse battery"), None);
        assert_eq!(
            refused("\u{0}\u{0}a\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}"),
            None
        );
    }
}
