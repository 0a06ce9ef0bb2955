//! Reviews: five per product on average, many of a few, at most one per product and author.

use super::calendar::{as_recorded, end, next_month};
use super::people::{self, DEMO_USERS, fraction, span};
use super::products::{self, BLOCK, REVIEWS, signed};
use super::random::{Purpose, Random};
use super::shop::Shop;
use super::words::{HEADLINES, REMARKS, VERDICTS};
use entity::review;

const PER_BLOCK: u64 = 5 * BLOCK;

pub(super) fn review(shop: &Shop, index: u64) -> review::Model {
    let (product, number) = place(index);
    let author = author(product, number, shop.users());
    let (product, _) = products::facts(shop.arrivals(), product, shop.scale());
    let (author, _) = people::key(shop.arrivals(), author, shop.users());
    let mut random = Random::new(Purpose::Review, index);
    let earliest = product.created_at.max(author.created_at);
    let possible = span(earliest, end());
    // Most people write soon after they could.
    let written = earliest + fraction(possible, random.below(10) * random.below(11));
    let next_month = next_month(written);
    let created_at = match index % 12 {
        // Letters to the shop are typed in together once a month.
        5 if next_month < end() => next_month,
        _ => as_recorded(written, index).max(earliest),
    };
    let edits = u64::from(random.percent(9));
    let updated_at = created_at + fraction(span(created_at, end()), edits * random.below(50));
    let rating = rating(&mut random);
    let (title, body) = text(rating, &mut random);
    review::Model {
        id: random.id(created_at),
        product_id: product.id,
        author_id: author.id,
        rating: i32::try_from(rating + 1).unwrap_or_default(),
        title,
        body,
        version: 1 + signed(edits),
        created_at,
        updated_at: as_recorded(updated_at, index).max(created_at),
    }
}

/// The product of a review and the number of the review among those of the product.
fn place(index: u64) -> (u64, u64) {
    let mut number = index % PER_BLOCK;
    for (rank, reviews) in (0..).zip(REVIEWS) {
        if number < reviews {
            return (products::of_rank(index / PER_BLOCK, rank), number);
        }
        number -= reviews;
    }
    (0, number)
}

/// The author of a product's review: different numbers are different authors.
fn author(product: u64, number: u64, users: u64) -> u64 {
    // Ada and Alan each review a product per block, so that they have some at any scale.
    let block = product / BLOCK;
    match (products::rank(product), number) {
        (20, 0) if block < 10 => return people::ADA,
        (30, 0) if block < 10 => return people::ALAN,
        _ => {}
    }
    let demo = DEMO_USERS.len() as u64;
    let others = users - demo;
    let mut random = Random::new(Purpose::Reviewers, product);
    let start = random.below(others);
    let mut step = 1 + random.below(others - 1);
    while greatest_common_divisor(step, others) != 1 {
        step += 1;
    }
    demo + (start + number * step) % others
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// The rating minus one.
fn rating(random: &mut Random) -> usize {
    random.weighted(&[6, 8, 14, 30, 42])
}

fn text(rating: usize, random: &mut Random) -> (Option<String>, Option<String>) {
    let title = random
        .percent(82)
        .then(|| random.pick(&HEADLINES[rating]).to_owned());
    let verdict = random.pick(&VERDICTS[rating]);
    let remarks = (0..random.below(3)).map(|_| random.pick(&REMARKS));
    let body: Vec<&str> = std::iter::once(verdict).chain(remarks).collect();
    (title, random.percent(72).then(|| body.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::greatest_common_divisor;

    #[test]
    fn steps_coprime_to_the_number_of_authors_visit_each() {
        assert_eq!(greatest_common_divisor(12, 196), 4);
        assert_eq!(greatest_common_divisor(13, 196), 1);
    }
}
