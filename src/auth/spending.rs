//! What each caller spends by the minute.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use redis::Script;
use redis::aio::ConnectionManager;

use super::attempts::{Attempts, Subject};

/// How many callers are remembered by one process.
const MOST_CALLERS: u64 = 100_000;
/// In which time a full allowance is had again.
const MINUTE: Duration = Duration::from_mins(1);

/// What callers have spent, in memory.
pub(super) struct Purses(Cache<String, Arc<Mutex<Spent>>>);

/// What a caller has spent lately. It is forgotten little by little.
#[derive(Clone, Copy)]
struct Spent {
    units: f64,
    at: DateTime<Utc>,
}

impl Default for Purses {
    fn default() -> Self {
        let callers = Cache::builder().max_capacity(MOST_CALLERS);
        Self(callers.time_to_idle(MINUTE * 2).build())
    }
}

impl Purses {
    fn spend(
        &self,
        key: String,
        units: f64,
        allowed: f64,
        now: DateTime<Utc>,
    ) -> Result<(), Duration> {
        let nothing = || {
            Arc::new(Mutex::new(Spent {
                units: 0.0,
                at: now,
            }))
        };
        let spent = self.0.get_with(key, nothing);
        let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = (now - spent.at).to_std().unwrap_or_default();
        let rate = allowed / MINUTE.as_secs_f64();
        let left = (spent.units - passed.as_secs_f64() * rate).max(0.0);
        let beyond = left + units - allowed;
        // Whoever has spent nothing may ask for anything once.
        if left > 0.0 && beyond > 0.0 {
            return Err(Duration::from_secs_f64((beyond / rate).min(left / rate)));
        }
        *spent = Spent {
            units: left + units,
            at: now.max(spent.at),
        };
        Ok(())
    }
}

impl Attempts {
    /// Spends units of what a caller may spend in a minute, unless there are
    /// not enough left.
    ///
    /// # Errors
    /// How long to wait until there are.
    pub async fn spend(
        &self,
        caller: &Subject,
        units: u64,
        allowed: u64,
        now: DateTime<Utc>,
    ) -> Result<(), Duration> {
        let key = format!("purser:spent:{}", caller.name());
        // Counts of rows are far below where doubles are exact.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let (units, allowed) = (units.max(1) as f64, allowed as f64);
        match self {
            Self::Memory(memory) => memory.purses.spend(key, units, allowed, now),
            Self::Redis(redis, memory) => {
                match spend_shared(redis, &key, units, allowed, now).await {
                    Ok(Duration::ZERO) => Ok(()),
                    Ok(wait) => Err(wait),
                    Err(error) => {
                        tracing::error!(%error, "what is spent is counted by this node alone");
                        memory.purses.spend(key, units, allowed, now)
                    }
                }
            }
        }
    }
}

/// The same in Redis, for all nodes at once. It answers in milliseconds.
const SCRIPT: &str = r"
local now, units, allowed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'units', 'at')
local at = tonumber(known[2]) or now
local rate = allowed / 60000
local left = math.max(0, (tonumber(known[1]) or 0) - math.max(0, now - at) * rate)
local beyond = left + units - allowed
if left > 0 and beyond > 0 then return math.ceil(math.min(beyond, left) / rate) end
redis.call('HSET', KEYS[1], 'units', tostring(left + units), 'at', math.max(now, at))
redis.call('PEXPIRE', KEYS[1], math.ceil((left + units) / rate))
return 0
";

async fn spend_shared(
    redis: &ConnectionManager,
    key: &str,
    units: f64,
    allowed: f64,
    now: DateTime<Utc>,
) -> redis::RedisResult<Duration> {
    let script = Script::new(SCRIPT);
    let mut call = script.key(key);
    call.arg(now.timestamp_millis()).arg(units).arg(allowed);
    let wait: u64 = call.invoke_async(&mut redis.clone()).await?;
    Ok(Duration::from_millis(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_spent_is_had_again_with_time() {
        let attempts = Attempts::default();
        let (now, ada) = (Utc::now(), Subject::of(&["ada"]));
        let spend = async |units, now| attempts.spend(&ada, units, 600, now).await;
        assert_eq!(spend(400, now).await, Ok(()));
        assert_eq!(spend(200, now).await, Ok(()));
        // Ten units a second.
        assert_eq!(spend(50, now).await, Err(Duration::from_secs(5)));
        assert_eq!(
            spend(50, now + Duration::from_secs(4)).await,
            Err(Duration::from_secs(1))
        );
        assert_eq!(spend(50, now + Duration::from_secs(5)).await, Ok(()));
        let alan = Subject::of(&["alan"]);
        assert_eq!(attempts.spend(&alan, 600, 600, now).await, Ok(()));
    }

    #[tokio::test]
    async fn whoever_has_spent_nothing_may_ask_for_anything_once() {
        let attempts = Attempts::default();
        let (now, ada) = (Utc::now(), Subject::of(&["ada"]));
        let spend = async |units, now| attempts.spend(&ada, units, 60, now).await;
        assert_eq!(spend(120, now).await, Ok(()));
        assert_eq!(spend(120, now).await, Err(Duration::from_mins(2)));
        assert_eq!(
            spend(1, now + Duration::from_secs(30)).await,
            Err(Duration::from_secs(31))
        );
        assert_eq!(spend(120, now + Duration::from_mins(2)).await, Ok(()));
    }
}
