//! Random numbers that are the same on every machine for the same seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A stream of random numbers.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The numbers for one thing: a purpose, such as a caller's name, and a
    /// number of its own. What is drawn for one changes nothing for others.
    pub fn new(seed: u64, purpose: &str, number: u64) -> Self {
        // FNV-1a of the purpose.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&hash.to_le_bytes());
        key[16..24].copy_from_slice(&number.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number from 0 up to and without `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(product >> 64).unwrap()
    }

    /// A number from `least` to `most`, both possible.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// `true` in so many cases of a hundred.
    pub fn percent(&mut self, cases: usize) -> bool {
        self.below(100) < cases
    }

    /// One of the items, each as likely as the others.
    ///
    /// # Panics
    /// Where there are none.
    pub fn pick<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(items.len())]
    }

    /// Up to `most` of the items, in random order.
    pub fn some<T: Clone>(&mut self, items: &[T], most: usize) -> Vec<T> {
        let mut rest = items.to_vec();
        let count = most.min(rest.len());
        (0..count)
            .map(|_| {
                let place = self.below(rest.len());
                rest.swap_remove(place)
            })
            .collect()
    }
}
