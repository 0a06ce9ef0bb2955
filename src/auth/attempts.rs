//! How often something has been tried, and how long to wait for the next.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::random::{hex, sha256};
use super::spending::Purses;

/// How attempts of one kind are counted: some are free, each further one
/// doubles how long the next has to wait, and with time they are forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    name: &'static str,
    free: u32,
    forgotten_after: Duration,
    first_wait: Duration,
    longest_wait: Duration,
}

/// Sign-ins from one address, whatever the account.
pub const SIGN_INS: Policy = Policy {
    name: "sign-in",
    free: 30,
    forgotten_after: Duration::from_secs(2),
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_mins(1),
};
/// Passwords that one address tries on one account.
pub const PASSWORDS: Policy = Policy {
    name: "password",
    free: 5,
    forgotten_after: Duration::from_mins(15),
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_mins(15),
};
/// Passwords that are tried on one account from anywhere that its user has not
/// signed in from before. It slows down those who guess from many addresses,
/// and never keeps the user from a device that is known.
pub const STRANGERS: Policy = Policy {
    name: "stranger",
    free: 100,
    forgotten_after: Duration::from_secs(30),
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_mins(1),
};
/// Accounts that one address makes.
pub const SIGN_UPS: Policy = Policy {
    name: "sign-up",
    free: 10,
    forgotten_after: Duration::from_mins(6),
    first_wait: Duration::from_secs(10),
    longest_wait: Duration::from_hours(1),
};
/// Renewals of sessions from one address.
pub const RENEWALS: Policy = Policy {
    name: "renewal",
    free: 120,
    forgotten_after: Duration::from_millis(500),
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_mins(1),
};

/// How long an address is known to an account after a sign-in or a renewal.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);
/// How long Redis may take to answer.
const SHARED_PATIENCE: Duration = Duration::from_millis(500);
/// How many counts are kept in memory.
const MOST_COUNTS: usize = 100_000;

/// Who or what an attempt is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// What is named by all of these. Names are not kept, only their hash.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        Self(hex(&sha256(&parts.join("\n"))[..16]))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// Counts attempts, and says how long to wait for the next.
pub enum Attempts {
    /// For one process.
    Memory(Memory),
    /// For all nodes; one that cannot reach it counts by itself.
    Redis(Box<ConnectionManager>, Memory),
}

/// Counts in memory.
pub struct Memory {
    counts: Mutex<HashMap<String, Count>>,
    /// Until when someone is known.
    known: Cache<String, DateTime<Utc>>,
    pub(super) purses: Purses,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            known: Cache::builder()
                .max_capacity(MOST_COUNTS as u64)
                .time_to_live(KNOWN_FOR)
                .build(),
            purses: Purses::default(),
        }
    }
}

/// How many attempts there were, as far as they are not forgotten.
#[derive(Clone, Copy, Debug)]
struct Count {
    level: f64,
    at: DateTime<Utc>,
    /// When the next may be.
    next: DateTime<Utc>,
    /// When none of them counts any more.
    over: DateTime<Utc>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::Memory(Memory::default())
    }
}

impl Attempts {
    /// Counts in Redis.
    ///
    /// # Errors
    /// [`redis::RedisError`] where it cannot be reached.
    pub async fn shared(url: &str) -> redis::RedisResult<Self> {
        let client = redis::Client::open(url)?;
        // Whoever signs in while it cannot be reached does not wait for it.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(SHARED_PATIENCE))
            .set_response_timeout(Some(SHARED_PATIENCE))
            .set_number_of_retries(1);
        let manager = ConnectionManager::new_with_config(client, config).await?;
        Ok(Self::Redis(Box::new(manager), Memory::default()))
    }

    /// Counts one attempt under each policy, unless one of them has to wait:
    /// then none is counted.
    ///
    /// # Errors
    /// How long to wait.
    pub async fn take(
        &self,
        counted: &[(Policy, Subject)],
        now: DateTime<Utc>,
    ) -> Result<(), Duration> {
        match self {
            Self::Memory(memory) => memory.take(counted, now),
            Self::Redis(redis, memory) => match take_shared(redis, counted, now).await {
                Ok(Duration::ZERO) => Ok(()),
                Ok(wait) => Err(wait),
                Err(error) => {
                    tracing::error!(%error, "attempts are counted by this node alone");
                    memory.take(counted, now)
                }
            },
        }
    }

    /// Forgets the attempts under a policy.
    pub async fn forgive(&self, policy: Policy, subject: &Subject) {
        let key = key(policy, subject);
        match self {
            Self::Memory(memory) => memory.forgive(&key),
            Self::Redis(redis, memory) => {
                memory.forgive(&key);
                let mut redis = redis.clone();
                let done: redis::RedisResult<()> =
                    redis::cmd("DEL").arg(&key).query_async(&mut *redis).await;
                if let Err(error) = done {
                    tracing::error!(%error, "attempts are not forgiven on every node");
                }
            }
        }
    }

    /// Remembers that a user was somewhere.
    pub async fn remember(&self, subject: &Subject, now: DateTime<Utc>) {
        let key = known_key(subject);
        match self {
            Self::Memory(memory) => memory.remember(key, now),
            Self::Redis(redis, memory) => {
                memory.remember(key.clone(), now);
                let mut redis = redis.clone();
                let done: redis::RedisResult<()> = redis::cmd("SET")
                    .arg(&key)
                    .arg(1)
                    .arg("EX")
                    .arg(KNOWN_FOR.as_secs())
                    .query_async(&mut *redis)
                    .await;
                if let Err(error) = done {
                    tracing::error!(%error, "a device is known to this node alone");
                }
            }
        }
    }

    /// Whether a user was there.
    pub async fn knows(&self, subject: &Subject, now: DateTime<Utc>) -> bool {
        let key = known_key(subject);
        match self {
            Self::Memory(memory) => memory.knows(&key, now),
            Self::Redis(redis, memory) => {
                let mut redis = redis.clone();
                let shared: redis::RedisResult<bool> = redis::cmd("EXISTS")
                    .arg(&key)
                    .query_async(&mut *redis)
                    .await;
                shared.unwrap_or_else(|_| memory.knows(&key, now))
            }
        }
    }
}

fn key(policy: Policy, Subject(subject): &Subject) -> String {
    format!("purser:attempts:{}:{subject}", policy.name)
}

fn known_key(Subject(subject): &Subject) -> String {
    format!("purser:known:{subject}")
}

impl Memory {
    fn take(&self, counted: &[(Policy, Subject)], now: DateTime<Utc>) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = counted
            .iter()
            .filter_map(|(policy, subject)| counts.get(&key(*policy, subject)))
            .filter_map(|count| (count.next - now).to_std().ok())
            .max()
            .filter(|wait| !wait.is_zero());
        if let Some(wait) = wait {
            return Err(wait);
        }
        if counts.len() >= MOST_COUNTS {
            make_room(&mut counts, now);
        }
        for (policy, subject) in counted {
            let count = counts.entry(key(*policy, subject)).or_insert(Count {
                level: 0.0,
                at: now,
                next: now,
                over: now,
            });
            count.add(policy, now);
        }
        Ok(())
    }

    fn forgive(&self, key: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(key);
    }

    fn remember(&self, key: String, now: DateTime<Utc>) {
        self.known.insert(key, now + KNOWN_FOR);
    }

    fn knows(&self, key: &str, now: DateTime<Utc>) -> bool {
        self.known.get(key).is_some_and(|until| until > now)
    }
}

impl Count {
    fn add(&mut self, policy: &Policy, now: DateTime<Utc>) {
        let passed = (now - self.at).to_std().unwrap_or_default();
        let forgotten = passed.as_secs_f64() / policy.forgotten_after.as_secs_f64();
        self.level = (self.level - forgotten).max(0.0) + 1.0;
        self.at = now;
        self.next = now + policy.wait(self.level);
        self.over = self
            .next
            .max(now + policy.forgotten_after.mul_f64(self.level));
    }
}

impl Policy {
    /// How long the attempt after so many has to wait.
    fn wait(&self, level: f64) -> Duration {
        let beyond = (level - f64::from(self.free)).ceil();
        if beyond < 1.0 {
            return Duration::ZERO;
        }
        let factor = (beyond - 1.0).min(30.0).exp2();
        self.first_wait.mul_f64(factor).min(self.longest_wait)
    }
}

/// Drops the counts that are over, and if that is not enough, those of the
/// fewest attempts.
fn make_room(counts: &mut HashMap<String, Count>, now: DateTime<Utc>) {
    counts.retain(|_, count| count.over > now);
    for most in [2.0, 6.0, f64::INFINITY] {
        if counts.len() < MOST_COUNTS {
            return;
        }
        counts.retain(|_, count| count.level > most);
    }
}

/// The same in Redis, for all nodes at once.
const SCRIPT: &str = r"
local now = tonumber(ARGV[1])
local wait, levels = 0, {}
for i, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'level', 'at', 'next')
  local passed = math.max(0, now - (tonumber(known[2]) or now))
  levels[i] = math.max(0, (tonumber(known[1]) or 0) - passed / tonumber(ARGV[4 * i - 1]))
  wait = math.max(wait, (tonumber(known[3]) or 0) - now)
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  local free, forgotten = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local first, longest = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local level = levels[i] + 1
  local beyond, delay = math.ceil(level - free), 0
  if beyond >= 1 then delay = math.min(longest, first * 2 ^ math.min(30, beyond - 1)) end
  redis.call('HSET', key, 'level', tostring(level), 'at', now, 'next', now + delay)
  redis.call('PEXPIRE', key, math.ceil(level * forgotten + delay))
end
return 0
";

async fn take_shared(
    redis: &ConnectionManager,
    counted: &[(Policy, Subject)],
    now: DateTime<Utc>,
) -> redis::RedisResult<Duration> {
    let script = Script::new(SCRIPT);
    let mut call = script.prepare_invoke();
    call.arg(now.timestamp_millis());
    for (policy, subject) in counted {
        call.key(key(*policy, subject))
            .arg(policy.free)
            .arg(milliseconds(policy.forgotten_after))
            .arg(milliseconds(policy.first_wait))
            .arg(milliseconds(policy.longest_wait));
    }
    let wait: u64 = call.invoke_async(&mut redis.clone()).await?;
    Ok(Duration::from_millis(wait))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str) -> Subject {
        Subject::of(&[name])
    }

    #[tokio::test]
    async fn each_attempt_beyond_the_free_ones_doubles_the_wait() {
        let attempts = Attempts::default();
        let mut now = Utc::now();
        let counted = [(PASSWORDS, subject("ada"))];
        for _ in 0..5 {
            assert_eq!(attempts.take(&counted, now).await, Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert_eq!(attempts.take(&counted, now).await, Ok(()));
            let wait = attempts.take(&counted, now).await.unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 900]);
    }

    #[tokio::test]
    async fn attempts_are_forgotten_with_time() {
        let attempts = Attempts::default();
        let now = Utc::now();
        let counted = [(PASSWORDS, subject("ada"))];
        for _ in 0..6 {
            attempts.take(&counted, now).await.unwrap();
        }
        assert!(attempts.take(&counted, now).await.is_err());
        let later = now + Duration::from_hours(2);
        for _ in 0..6 {
            assert_eq!(attempts.take(&counted, later).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn who_has_to_wait_counts_against_nobody_else() {
        let attempts = Attempts::default();
        let now = Utc::now();
        let ada = (PASSWORDS, subject("ada"));
        while attempts.take(std::slice::from_ref(&ada), now).await.is_ok() {}
        for _ in 0..100 {
            let both = [ada.clone(), (PASSWORDS, subject("alan"))];
            assert!(attempts.take(&both, now).await.is_err());
        }
        let alan = [(PASSWORDS, subject("alan"))];
        assert_eq!(attempts.take(&alan, now).await, Ok(()));
    }

    #[tokio::test]
    async fn a_sign_in_that_succeeds_is_forgiven_and_remembered() {
        let attempts = Attempts::default();
        let (now, ada) = (Utc::now(), subject("ada"));
        let counted = [(PASSWORDS, ada.clone())];
        while attempts.take(&counted, now).await.is_ok() {}
        attempts.forgive(PASSWORDS, &ada).await;
        attempts.remember(&ada, now).await;
        assert_eq!(attempts.take(&counted, now).await, Ok(()));
        assert!(attempts.knows(&ada, now).await);
        assert!(!attempts.knows(&ada, now + KNOWN_FOR).await);
    }
}
