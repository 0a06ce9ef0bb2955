use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The letters and digits of order numbers: none is taken for another one when
/// it is read out (Crockford's Base32).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many of them a number ends with: a thousand million for each day.
const LENGTH: usize = 6;

/// A new order number: the day, and what nobody can guess, so that numbers do
/// not tell how much is sold. Two are the same as good as never; the database
/// refuses the second one then, and the order is tried again.
pub(super) fn new(now: DateTime<Utc>) -> String {
    let random = Uuid::new_v4();
    let signs = random.as_bytes().iter().take(LENGTH);
    let signs = signs.map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
    format!("{}-{}", now.format("%y%m%d"), signs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_differ() {
        let now = "2026-11-29T08:49:57Z".parse().unwrap();
        let (one, two) = (new(now), new(now));
        assert_ne!(one, two);
        assert_eq!(one.len(), 13);
        assert!(one.starts_with("261129-"));
    }
}
