//! Passwords: which can be chosen, and their hashes.

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::hashing::{Hashers, Memory};

/// How many characters a password has (NIST SP 800-63B-4, section 3.1.1.2,
/// asks for no composition rules, and for room for long ones).
pub const LENGTHS: std::ops::RangeInclusive<usize> = 10..=128;

/// How many bytes a password has at most before it is composed: each character
/// may have been put together from four, of four bytes each.
const MOST_BYTES: usize = *LENGTHS.end() * 4 * 4;

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

    /// What it takes that another does not: time is proportional to the memory
    /// that is passed over.
    fn beyond(self, other: Self) -> Option<Self> {
        let work = |cost: Self| u64::from(cost.memory) * u64::from(cost.passes);
        let rest = work(self).checked_sub(work(other))?;
        let memory = u32::try_from(rest / u64::from(self.passes)).ok()?;
        (memory >= Params::MIN_M_COST).then_some(Self {
            memory,
            passes: self.passes,
        })
    }
}

fn params(PasswordCost { memory, passes }: PasswordCost) -> Result<Params, HashFault> {
    Params::new(memory, passes, 1, None).map_err(|error| HashFault::of(&error))
}

/// How many passwords wait to be hashed.
const MOST_WAITING: usize = 256;

/// Why there is no hash, for the log.
#[derive(Debug, thiserror::Error)]
pub enum HashFault {
    /// Too many wait for theirs.
    #[error("{MOST_WAITING} passwords wait to be hashed")]
    Busy,
    /// It cannot be computed.
    #[error("passwords cannot be hashed: {0}")]
    Failed(String),
}

impl HashFault {
    pub(super) fn of(error: &dyn std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Hashes passwords by Argon2id, a few at a time, beside the threads that answer
/// requests.
pub struct Passwords {
    params: Params,
    cost: PasswordCost,
    hashers: Hashers,
    /// How many more may wait for one of them.
    places: Semaphore,
    /// The hash of a password that nobody has: comparing with it takes as long
    /// as with that of an account.
    decoy: String,
}

impl Passwords {
    /// Hashes at that cost, so many at once.
    ///
    /// # Errors
    /// [`HashFault`] where the cost is not possible.
    pub fn new(cost: PasswordCost, at_once: usize) -> Result<Self, HashFault> {
        let params = params(cost)?;
        let mut memory = Memory::default();
        let nobodys = super::random::secret().ok_or_else(|| HashFault::of(&"no randomness"))?;
        let decoy = memory.hash(&params, &nobodys)?;
        Ok(Self {
            params,
            cost,
            hashers: Hashers::new(at_once)?,
            places: Semaphore::new(at_once + MOST_WAITING),
            decoy,
        })
    }

    /// Refuses where so many wait that it makes no sense to wait as well.
    ///
    /// # Errors
    /// [`HashFault::Busy`] then.
    pub fn check_free(&self) -> Result<(), HashFault> {
        match self.places.available_permits() {
            0 => Err(HashFault::Busy),
            _ => Ok(()),
        }
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`HashFault`] where it cannot be computed, or too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, HashFault> {
        let password = normal(password).ok_or_else(|| HashFault::of(&"too many characters"))?;
        let params = self.params.clone();
        self.work(move |memory| memory.hash(&params, &password))
            .await?
    }

    /// Compares a password with a hash. Where there is none it takes as long,
    /// and is wrong; and where the hash takes less work than is asked for now,
    /// the rest is done beside it. So the time tells of no account.
    ///
    /// # Errors
    /// [`HashFault`] where the hash cannot be read, or too many wait.
    pub async fn verify(&self, password: &str, known: Option<&str>) -> Result<Verified, HashFault> {
        let password = normal(password);
        // Nobody could have chosen it otherwise, and hashing it takes longer.
        let possible = password.is_some();
        let known_hash = known.unwrap_or(&self.decoy).to_owned();
        let tried = password.unwrap_or_default();
        let cost = self.cost;
        let verified = self
            .work(move |memory| {
                let parsed =
                    PasswordHash::new(&known_hash).map_err(|error| HashFault::of(&error))?;
                let is_right = memory.is_of(&parsed, &tried)?;
                let hashed = Params::try_from(&parsed).map_err(|error| HashFault::of(&error))?;
                let known = PasswordCost {
                    memory: hashed.m_cost(),
                    passes: hashed.t_cost(),
                };
                if let Some(rest) = cost.beyond(known) {
                    memory.hash(&params(rest)?, &tried)?;
                }
                let outdated = known.memory < cost.memory || known.passes < cost.passes;
                Ok(match (is_right, outdated) {
                    (false, _) => Verified::Wrong,
                    (true, true) => Verified::Outdated,
                    (true, false) => Verified::Right,
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
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashFault> {
        let _place = self.places.try_acquire().map_err(|_| HashFault::Busy)?;
        self.hashers.run(work).await
    }
}

/// Why a password cannot be chosen, if it cannot. `names` are what the account
/// goes by.
#[must_use]
pub fn fault(password: &str, names: &[&str]) -> Option<PasswordFault> {
    let Some(password) = normal(password) else {
        return Some(PasswordFault::TooLong);
    };
    if password.chars().count() < *LENGTHS.start() {
        return Some(PasswordFault::TooShort);
    }
    let lower = password.to_lowercase();
    let is_name = names.iter().any(|name| lower == name.to_lowercase());
    let mut characters = lower.chars();
    let first = characters.next();
    let is_one = characters.all(|character| Some(character) == first);
    (is_name || is_one || COMMON.contains(lower.as_str())).then_some(PasswordFault::Common)
}

/// A password as it is hashed, whatever keyboard it was typed on (NIST SP
/// 800-63B-4, section 3.1.1.2). None where it is too long; what is much too long
/// is not even composed, which takes its time.
fn normal(password: &str) -> Option<String> {
    if password.len() > MOST_BYTES {
        return None;
    }
    let password: String = password.nfkc().collect();
    (password.chars().count() <= *LENGTHS.end()).then_some(password)
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

    #[test]
    fn old_hashes_take_the_rest_of_the_work_as_well() {
        let cost = |memory, passes| PasswordCost { memory, passes };
        let beyond = |other| cost(1024, 4).beyond(other);
        assert_eq!(beyond(cost(1024, 4)), None);
        assert_eq!(beyond(cost(1024, 3)), Some(cost(256, 4)));
        assert_eq!(beyond(cost(512, 2)), Some(cost(768, 4)));
        assert_eq!(beyond(cost(4096, 4)), None);
    }

    #[tokio::test]
    async fn only_so_many_wait() {
        let passwords = quick(1);
        let all: Vec<_> = (0..MOST_WAITING + 2)
            .map(|_| passwords.places.try_acquire().unwrap())
            .collect();
        let refused = passwords.hash("correct horse battery").await;
        assert!(matches!(refused, Err(HashFault::Busy)));
        drop(all);
        assert!(passwords.hash("correct horse battery").await.is_ok());
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
        // The same, for it is not even looked at.
        let long = format!("e{}", "\u{200d}".repeat(MOST_BYTES));
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
