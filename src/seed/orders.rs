//! Orders and their items: two years of sales, three items per order on average.

use super::calendar::{as_recorded, end, is_sale_day, midnight};
use super::people::{self, ADA, ALAN, span};
use super::products::{self, BLOCK, currency, is_in_dollars, sales_weight, signed};
use super::random::{Purpose, Random};
use super::shop::Shop;
use super::words::{CITIES, NOTES, STREETS};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc, Weekday};
use entity::order::{self, Status};
use entity::user::Role;
use entity::{json, order_item};
use sea_orm::prelude::{Json, Uuid};
use serde_json::json;

/// How many items the orders of a group of twenty have; three on average.
const BASKETS: [u64; 20] = [1, 2, 3, 4, 1, 2, 5, 3, 1, 6, 2, 3, 4, 1, 7, 2, 3, 5, 1, 4];
const GROUP: u64 = BASKETS.len() as u64;

/// Every tenth order is paid in US dollars and contains what is priced in them.
const DOLLARS: u64 = 10;

struct Key {
    id: Uuid,
    placed_at: DateTime<Utc>,
}

/// An item before it has an id.
struct Line {
    product_id: Uuid,
    quantity: u64,
    unit_price_cents: u64,
    unit_cost_cents: u64,
}

impl Line {
    fn total_cents(&self) -> u64 {
        self.quantity * self.unit_price_cents
    }
}

/// The ranks of the products that are sold in one currency, as likely as they sell.
pub(super) struct Assortment {
    ranks: Vec<u64>,
    /// The weight of all ranks up to and with each.
    cumulative: Vec<u64>,
}

impl Assortment {
    pub(super) fn new(in_dollars: bool) -> Self {
        let sold = |rank: &u64| is_in_dollars(*rank) == in_dollars && sales_weight(*rank) > 0;
        let ranks: Vec<u64> = (0..BLOCK).filter(sold).collect();
        let cumulative = ranks.iter().scan(0, |sum, rank| {
            *sum += sales_weight(*rank);
            Some(*sum)
        });
        Self {
            cumulative: cumulative.collect(),
            ranks,
        }
    }

    fn any(&self, random: &mut Random) -> u64 {
        let drawn = random.below(self.cumulative.last().copied().unwrap_or_default());
        self.ranks[self.cumulative.partition_point(|end| *end <= drawn)]
    }
}

fn key(shop: &Shop, index: u64) -> (Key, Random) {
    let mut random = Random::new(Purpose::Order, index);
    let moment = shop.sales().moment(index, shop.orders(), random.jitter());
    let day = moment.date_naive();
    let placed_at = if is_sale_day(day) {
        // On the great sale the till counts whole hours.
        moment.duration_trunc(TimeDelta::hours(1)).unwrap_or(moment)
    } else if random.percent(10) {
        // Orders by post are entered together, under the Monday of their week.
        let monday = day.week(Weekday::Mon).first_day();
        midnight(monday) + TimeDelta::hours(12)
    } else {
        as_recorded(moment, index)
    };
    let id = random.id(placed_at);
    (Key { id, placed_at }, random)
}

pub(super) fn order(shop: &Shop, index: u64) -> order::Model {
    let (key, mut random) = key(shop, index);
    let placed_at = key.placed_at;
    let customer = customer(shop, index, placed_at, &mut random);
    let status = status(index, shop.orders(), placed_at, &mut random);
    let (steps, delay) = progress(status);
    let delay = TimeDelta::minutes(signed(delay / 2 + random.below(delay + 1)));
    let latest = end() - TimeDelta::microseconds(1);
    let total = lines(shop, index, placed_at)
        .iter()
        .map(Line::total_cents)
        .sum();
    let (customer_key, _) = people::key(shop.arrivals(), customer, shop.users());
    order::Model {
        id: key.id,
        number: format!("{}-{:07}", placed_at.format("%Y"), index + 1),
        customer_id: customer_key.id,
        status,
        currency: currency(is_paid_in_dollars(index)),
        total_cents: signed(total),
        placed_at,
        shipping_address: json::canonical(address(&mut random)),
        note: random.percent(18).then(|| random.pick(&NOTES).to_owned()),
        version: signed(steps),
        created_at: placed_at,
        updated_at: placed_at + delay.min(span(placed_at, latest)),
    }
}

pub(super) fn items(shop: &Shop, index: u64) -> Vec<order_item::Model> {
    let (key, _) = key(shop, index);
    let mut random = Random::new(Purpose::OrderItem, index);
    let lines = lines(shop, index, key.placed_at);
    let item = |line: Line| order_item::Model {
        id: random.id(key.placed_at),
        order_id: key.id,
        product_id: line.product_id,
        quantity: i32::try_from(line.quantity).unwrap_or_default(),
        unit_price_cents: signed(line.unit_price_cents),
        unit_cost_cents: signed(line.unit_cost_cents),
        line_total_cents: signed(line.total_cents()),
        created_at: key.placed_at,
        updated_at: key.placed_at,
    };
    lines.into_iter().map(item).collect()
}

fn is_paid_in_dollars(index: u64) -> bool {
    index % DOLLARS == 4
}

/// How many items an order has; groups of twenty orders have sixty together.
fn basket(index: u64) -> u64 {
    let turn = Random::new(Purpose::Basket, index / GROUP).below(GROUP);
    let position = usize::try_from((index + turn) % GROUP).unwrap_or_default();
    BASKETS[position]
}

fn lines(shop: &Shop, index: u64, placed_at: DateTime<Utc>) -> Vec<Line> {
    let mut random = Random::new(Purpose::Basket, u64::MAX - index);
    let assortment = shop.assortment(is_paid_in_dollars(index));
    let products = shop.arrivals().count_before(placed_at, shop.products());
    let blocks = (products / BLOCK).max(1);
    let mut chosen = Vec::new();
    for _ in 0..basket(index) {
        // A few tries make the products of an order different; a small shop may have to repeat one.
        let mut product = 0;
        for _ in 0..20 {
            let block = random.below(blocks);
            product = products::of_rank(block, assortment.any(&mut random));
            if !chosen.contains(&product) {
                break;
            }
        }
        chosen.push(product);
    }
    let sale = is_sale_day(placed_at.date_naive());
    let line = |product| {
        let (facts, _) = products::facts(shop.arrivals(), product, shop.scale());
        let discount = match random.below(20) {
            _ if sale => 20,
            0 => 10,
            1 | 2 => 5,
            _ => 0,
        };
        Line {
            product_id: facts.id,
            quantity: [1, 2, 3, 4, 10][random.weighted(&[70, 17, 7, 5, 1])],
            unit_price_cents: facts.price_cents * (100 - discount) / 100,
            unit_cost_cents: facts.cost_cents,
        }
    };
    chosen.into_iter().map(line).collect()
}

/// Ada and Alan order regularly; the others are drawn from those who had an account by then.
fn customer(shop: &Shop, index: u64, placed_at: DateTime<Utc>, random: &mut Random) -> u64 {
    let orders = shop.orders();
    if last_orders_of_ada(index, orders).is_some() || index % (orders / 20) == 7 {
        return ADA;
    }
    if index % (orders / 8) == 3 {
        return ALAN;
    }
    let accounts = shop.arrivals().count_before(placed_at, shop.users());
    for _ in 0..20 {
        let first = random.below(accounts);
        // Early customers are regulars: half of the draws take the earlier of two.
        let account = if random.percent(50) {
            first
        } else {
            first.min(random.below(accounts))
        };
        if account > ALAN && people::role(account) == Role::Customer {
            return account;
        }
    }
    ALAN
}

/// Ada's last three orders are on their way at any scale.
fn last_orders_of_ada(index: u64, orders: u64) -> Option<Status> {
    match orders - index {
        2 => Some(Status::Pending),
        25 => Some(Status::Paid),
        60 => Some(Status::Shipped),
        _ => None,
    }
}

fn status(index: u64, orders: u64, placed_at: DateTime<Utc>, random: &mut Random) -> Status {
    if let Some(status) = last_orders_of_ada(index, orders) {
        return status;
    }
    // Of Ada's older orders the sixth was cancelled and the twelfth refunded.
    match (index % (orders / 20) == 7, index / (orders / 20)) {
        (true, 5) => return Status::Cancelled,
        (true, 11) => return Status::Refunded,
        (true, ..16) => return Status::Delivered,
        _ => {}
    }
    let age = span(placed_at, end()).num_days();
    let weights = match age {
        ..=2 => [50, 38, 4, 0, 8, 0],
        3..=7 => [8, 24, 50, 8, 9, 1],
        8..=16 => [1, 3, 30, 56, 8, 2],
        _ => [1, 0, 0, 86, 8, 5],
    };
    let statuses = [
        Status::Pending,
        Status::Paid,
        Status::Shipped,
        Status::Delivered,
        Status::Cancelled,
        Status::Refunded,
    ];
    statuses[random.weighted(&weights)]
}

/// The version of an order in this state, and how many minutes it took to get there.
fn progress(status: Status) -> (u64, u64) {
    match status {
        Status::Pending => (1, 0),
        Status::Paid => (2, 20),
        Status::Cancelled => (2, 600),
        Status::Shipped => (3, 1_800),
        Status::Delivered => (4, 6_000),
        Status::Refunded => (5, 20_000),
    }
}

fn address(random: &mut Random) -> Json {
    let (city, postcode, country) = random.pick(&CITIES);
    let street = format!("{} {}", random.pick(&STREETS), 1 + random.below(180));
    let company = random
        .percent(12)
        .then(|| format!("{} & Söhne", random.pick(&STREETS)));
    json!({
        "name": people::any_name(random),
        "company": company,
        "street": street,
        "postcode": postcode,
        "city": city,
        "country": country,
    })
}

#[cfg(test)]
mod tests {
    use super::{BASKETS, GROUP};

    #[test]
    fn orders_have_three_items_on_average() {
        assert_eq!(BASKETS.iter().sum::<u64>(), 3 * GROUP);
    }
}
