//! Products come in blocks of a hundred, and each has a rank in its block.
//!
//! The rank decides how well it sells, how many reviews it has, whether it is on sale at all and in
//! which currency; so every block is a shop in small, and reviews and orders can find a product of
//! some rank without looking at others.

use super::calendar::{Calendar, as_recorded, end, month_start};
use super::people::{fraction, span};
use super::random::{Purpose, Random};
use super::tree::{self, Goods, Kind};
use super::words::{ADJECTIVES, COLORS, EDITIONS, SENTENCES, TAGS};
use chrono::{DateTime, Utc};
use entity::{json, product, product::Status};
use sea_orm::prelude::Json;
use serde_json::{Map, json};
use uuid::Uuid;

pub(super) const BLOCK: u64 = REVIEWS.len() as u64;

/// How many reviews the products of a block have, by rank; five on average.
pub(super) const REVIEWS: [u64; 100] = [
    44, 34, 29, 25, 22, 20, 17, 16, 14, 13, 12, 11, 11, 10, 10, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6, 6,
    5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// The last ranks have never been on sale, and some middling ones are no longer.
pub(super) fn status(rank: u64) -> Status {
    match rank {
        95.. => Status::Draft,
        _ if rank % 20 == 13 => Status::Archived,
        _ => Status::Active,
    }
}

/// Whether the product is priced in US dollars instead of euros.
pub(super) fn is_in_dollars(rank: u64) -> bool {
    rank % 10 == 4
}

pub(super) fn currency(in_dollars: bool) -> String {
    if in_dollars { "USD" } else { "EUR" }.to_owned()
}

/// How often a product of this rank is bought, relative to the others.
pub(super) fn sales_weight(rank: u64) -> u64 {
    match status(rank) {
        Status::Draft => 0,
        Status::Archived => 4,
        Status::Active => 2_000 / (rank + 12),
    }
}

/// The rank of a product within its block.
pub(super) fn rank(index: u64) -> u64 {
    let (factor, shift) = shuffle(index / BLOCK);
    (index % BLOCK * factor + shift) % BLOCK
}

/// The product of a rank within a block: the inverse of [`rank`].
pub(super) fn of_rank(block: u64, rank: u64) -> u64 {
    let (factor, shift) = shuffle(block);
    // By Euler's theorem factor^39 is the inverse of factor modulo 100.
    let inverse = (0..39).fold(1, |power, _| power * factor % BLOCK);
    block * BLOCK + (rank + BLOCK - shift) % BLOCK * inverse % BLOCK
}

fn shuffle(block: u64) -> (u64, u64) {
    let mut random = Random::new(Purpose::ProductBlock, block);
    let coprime = [
        3, 7, 11, 13, 17, 19, 23, 27, 29, 31, 37, 41, 43, 47, 53, 57, 61, 67, 71, 83,
    ];
    (random.pick(&coprime), random.below(BLOCK))
}

/// What other tables need to know of a product.
pub(super) struct Facts {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) price_cents: u64,
    pub(super) cost_cents: u64,
    category: u64,
}

/// The facts of a product, with the numbers for the rest of the row.
pub(super) fn facts(arrivals: &Calendar, index: u64, scale: u32) -> (Facts, Random) {
    let mut random = Random::new(Purpose::Product, index);
    let moment = arrivals.moment(index, count(scale), random.jitter());
    let created_at = match index % 4 {
        // Every fourth product came with a supplier's monthly list.
        1 => month_start(moment),
        _ => as_recorded(moment, index),
    };
    let id = random.id(created_at);
    let category = tree::any(&mut random, scale);
    let price_cents = price(tree::goods(category), &mut random);
    let cost_cents = price_cents * (38 + random.below(38)) / 100;
    let facts = Facts {
        id,
        created_at,
        price_cents,
        cost_cents,
        category,
    };
    (facts, random)
}

pub(super) fn count(scale: u32) -> u64 {
    u64::from(scale) * 1_000
}

/// Prices are customary ones, so that many are equal.
fn price(goods: Goods, random: &mut Random) -> u64 {
    let (low, high) = goods.prices;
    // The smaller of two, since there are more cheap things than dear ones.
    let range = high - low;
    let price = low + random.below(range).min(random.below(range));
    let step = match price {
        0..2_000 => 100,
        2_000..10_000 => 500,
        10_000..50_000 => 1_000,
        _ => 5_000,
    };
    let ending = random.pick(&[1, 1, 1, 5, 50, 0]);
    (price / step * step + step).saturating_sub(ending)
}

pub(super) fn product(arrivals: &Calendar, index: u64, scale: u32) -> product::Model {
    let (facts, mut random) = facts(arrivals, index, scale);
    let rank = rank(index);
    let goods = tree::goods(facts.category);
    let noun = random.pick(&goods.nouns);
    let adjective = random.pick(&ADJECTIVES);
    let mut name = format!("{adjective} {noun}");
    if random.percent(12) {
        name = format!("{name} {}", random.pick(&EDITIONS));
    }
    let edits = random.below(5);
    let used = span(facts.created_at, end());
    let updated_at = match edits {
        0 => facts.created_at,
        _ => facts.created_at + fraction(used, random.below(100)),
    };
    product::Model {
        id: facts.id,
        category_id: tree::id(facts.category),
        sku: format!("{}-{:06}", sku_prefix(goods.kind), index + 1),
        slug: slug(adjective, noun, index),
        name,
        description: description(noun, &mut random),
        price_cents: signed(facts.price_cents),
        cost_cents: signed(facts.cost_cents),
        currency: currency(is_in_dollars(rank)),
        stock: stock(rank, &mut random),
        status: status(rank),
        attributes: json::canonical(attributes(goods.kind, &mut random)),
        version: 1 + signed(edits),
        created_at: facts.created_at,
        updated_at: as_recorded(updated_at, index).max(facts.created_at),
    }
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn sku_prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Electronics => "ELE",
        Kind::Furniture => "HOM",
        Kind::Clothing => "FAS",
        Kind::Book => "BOO",
        Kind::Food => "FOO",
    }
}

fn slug(adjective: &str, noun: &str, index: u64) -> String {
    let words = format!("{adjective} {noun}").to_ascii_lowercase();
    format!("{}-{}", words.replace(' ', "-"), index + 1)
}

fn stock(rank: u64, random: &mut Random) -> i32 {
    let stock = match status(rank) {
        Status::Archived => 0,
        _ if random.percent(8) => 0,
        _ if random.percent(30) => random.below(20),
        _ => 20 + 10 * random.below(24),
    };
    i32::try_from(stock).unwrap_or_default()
}

fn description(noun: &str, random: &mut Random) -> Option<String> {
    if random.percent(10) {
        return None;
    }
    let sentences = (0..=random.below(4)).map(|_| random.pick(&SENTENCES).replace("{}", noun));
    Some(sentences.collect::<Vec<_>>().join(" "))
}

fn attributes(kind: Kind, random: &mut Random) -> Json {
    let mut members = Map::new();
    if random.percent(3) {
        return Json::Object(members);
    }
    if random.percent(85) {
        let color = random.percent(94).then(|| random.pick(&COLORS));
        members.insert("color".to_owned(), json!(color));
    }
    if random.percent(90) {
        members.insert("weight_g".to_owned(), json!(50 * (1 + random.below(200))));
    }
    if random.percent(60) {
        let tags: Vec<&str> = (0..random.below(4)).map(|_| random.pick(&TAGS)).collect();
        members.insert("tags".to_owned(), json!(tags));
    }
    match kind {
        Kind::Electronics => electronics(&mut members, random),
        Kind::Furniture => furniture(&mut members, random),
        Kind::Clothing => clothing(&mut members, random),
        Kind::Book => book(&mut members, random),
        Kind::Food => food(&mut members, random),
    }
    Json::Object(members)
}

fn electronics(members: &mut Map<String, Json>, random: &mut Random) {
    let ram = random.pick(&[4, 8, 8, 16, 16, 32, 64]);
    // A careless supplier wrote some as text, and some are known to be unknown.
    let ram = match random.below(40) {
        0 => json!(format!("{ram} GB")),
        1 => Json::Null,
        _ => json!(ram),
    };
    members.insert("ram_gb".to_owned(), ram);
    members.insert("wireless".to_owned(), json!(random.percent(50)));
    if random.percent(50) {
        let ports =
            json!({ "usb-c": random.below(5), "hdmi": random.below(3), "sd": random.percent(20) });
        members.insert("ports".to_owned(), ports);
    }
}

fn furniture(members: &mut Map<String, Json>, random: &mut Random) {
    let mut side = || 100 + 50 * random.below(40);
    let dimensions = json!({ "width_mm": side(), "height_mm": side(), "depth_mm": side() });
    members.insert("dimensions".to_owned(), dimensions);
    if random.percent(70) {
        let material = random.pick(&["oak", "walnut", "steel", "glass", "bambus"]);
        members.insert("material".to_owned(), json!(material));
    }
}

fn clothing(members: &mut Map<String, Json>, random: &mut Random) {
    let sizes = ["XS", "S", "M", "L", "XL"];
    let first = random.position(3);
    members.insert("sizes".to_owned(), json!(sizes[first..first + 3]));
    let cotton = 10 * random.below(11);
    let material = json!({ "cotton": cotton, "polyester": 100 - cotton });
    members.insert("material".to_owned(), material);
}

fn book(members: &mut Map<String, Json>, random: &mut Random) {
    members.insert("pages".to_owned(), json!(80 + random.below(900)));
    let languages = ["de", "en", "fr", "ja"];
    members.insert("language".to_owned(), json!(random.pick(&languages)));
    if random.percent(60) {
        let author = super::people::any_name(random);
        members.insert(
            "author".to_owned(),
            json!({ "name": author, "born": 1900 + random.below(105) }),
        );
    }
}

fn food(members: &mut Map<String, Json>, random: &mut Random) {
    let quarters = [0.25, 0.5, 0.75, 1.0, 1.5, 2.25];
    members.insert("kg".to_owned(), json!(random.pick(&quarters)));
    members.insert("organic".to_owned(), json!(random.percent(40)));
    let origins = ["Éthiopie", "Perú", "日本", "India", "Côte d'Ivoire"];
    members.insert("origin".to_owned(), json!(random.pick(&origins)));
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, REVIEWS, of_rank, rank};

    #[test]
    fn ranks_are_a_permutation_of_each_block() {
        for block in 0..50 {
            for expected in 0..BLOCK {
                let index = of_rank(block, expected);
                assert_eq!(index / BLOCK, block);
                assert_eq!(rank(index), expected);
            }
        }
    }

    #[test]
    fn products_have_five_reviews_on_average() {
        assert_eq!(REVIEWS.iter().sum::<u64>(), 5 * BLOCK);
    }
}
