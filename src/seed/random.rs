//! Random numbers that depend on the table and the index of a row and on nothing else.
//!
//! `ChaCha8` because its output is specified, not merely what one version of a crate happens to do;
//! all arithmetic on it is in integers, which every machine does alike.

use chrono::{DateTime, Utc};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use uuid::{Builder, Uuid};

/// Changing this changes every row of the demo shop.
const SEED: [u8; 16] = *b"purser demo shop";

/// What the numbers are for; each purpose has its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Day = 1,
    User,
    Category,
    ProductBlock,
    Product,
    Reviewers,
    Review,
    Basket,
    Order,
    OrderItem,
    SignIn,
    Session,
    AuditEntry,
}

/// A stream of random numbers for one row.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn new(purpose: Purpose, index: u64) -> Self {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&SEED);
        seed[16..24].copy_from_slice(&(purpose as u64).to_le_bytes());
        seed[24..].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// A number from 0 up to and without `bound`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        // The upper half of the product; it is below `bound` and thus fits.
        u64::try_from(product >> 64).unwrap_or_default()
    }

    /// `true` in so many cases of a hundred.
    pub(super) fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// One of the items, each as likely as the others.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        items[self.position(N)]
    }

    /// A position in a list of so many items.
    pub(super) fn position(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// The position of an item in a list of weights, as likely as its weight.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        for (position, weight) in weights.iter().enumerate() {
            if rest < *weight {
                return position;
            }
            rest -= weight;
        }
        0
    }

    /// The fraction of 2^32 by which a row is late within its share of time.
    pub(super) fn jitter(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A version 7 UUID (RFC 9562, section 5.7) of that millisecond.
    pub(super) fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let mut bytes = [0; 10];
        self.0.fill_bytes(&mut bytes);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::{Purpose, Random};

    #[test]
    fn rows_have_numbers_of_their_own_that_never_change() {
        let numbers = |purpose, index| Random::new(purpose, index).below(1_000_000);
        assert_eq!(numbers(Purpose::User, 0), numbers(Purpose::User, 0));
        assert_ne!(numbers(Purpose::User, 0), numbers(Purpose::User, 1));
        assert_ne!(numbers(Purpose::User, 0), numbers(Purpose::Order, 0));
    }

    #[test]
    fn weights_decide_how_often_a_position_is_drawn() {
        let mut random = Random::new(Purpose::User, 7);
        let mut drawn = [0; 3];
        for _ in 0..10_000 {
            drawn[random.weighted(&[1, 0, 9])] += 1;
        }
        assert_eq!(drawn[1], 0);
        assert!((800..1200).contains(&drawn[0]), "{drawn:?}");
    }
}
