//! What the shop remembers: sign-ins of the first users, and changes by those who work there.

use super::calendar::end;
use super::people::{self, fraction, span};
use super::products;
use super::random::{Purpose, Random};
use super::shop::Shop;
use chrono::TimeDelta;
use entity::{audit_entry, session};
use sea_orm::prelude::Json;
use serde_json::json;

/// Two for each of the first users, who are the demo users and a few others.
pub(super) const SESSIONS: u64 = 16;
/// A few dozen are enough to page through.
pub(super) const AUDIT_ENTRIES: u64 = 48;
/// Grace and Root, by their places among the users.
const WORKERS: [u64; 2] = [1, 2];

const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15",
    "purser-demo/1.0 (“Añejo” ☕)",
];

/// The first of a user's two sessions was renewed, which made the second.
pub(super) fn session(shop: &Shop, index: u64) -> session::Model {
    let (user, _) = people::key(shop.arrivals(), index / 2, shop.users());
    let mut sign_in = Random::new(Purpose::SignIn, index / 2);
    let begun = end() - TimeDelta::hours(1 + 5 * hours(&mut sign_in, 40));
    let family_id = sign_in.id(begun);
    let agent = AGENTS.get(sign_in.position(AGENTS.len() + 1));
    let renewed = begun + TimeDelta::minutes(15);
    let newest = index % 2 == 1;
    let created_at = if newest { renewed } else { begun };
    let mut random = Random::new(Purpose::Session, index);
    let revoked = newest && random.percent(20);
    let [first, second] = [(), ()].map(|()| random.id(created_at).simple().to_string());
    session::Model {
        id: random.id(created_at),
        user_id: user.id,
        // Nobody knows a token with this hash.
        refresh_token_hash: second + &first,
        family_id,
        user_agent: agent.map(|agent| (*agent).to_owned()),
        expires_at: created_at + TimeDelta::days(30),
        rotated_at: (!newest).then_some(renewed),
        successor_salt: None,
        ends_at: None,
        revoked_at: revoked.then(|| created_at + TimeDelta::minutes(40)),
        created_at,
        updated_at: if newest { created_at } else { renewed },
    }
}

/// A change of a product. Every sixth was made by a command, by nobody.
pub(super) fn audit_entry(shop: &Shop, index: u64) -> audit_entry::Model {
    let (product, _) = products::facts(shop.arrivals(), index, shop.scale());
    let mut random = Random::new(Purpose::AuditEntry, index);
    let at = product.created_at + fraction(span(product.created_at, end()), random.below(100));
    let by_command = index % 6 == 5;
    let worker = people::key(shop.arrivals(), random.pick(&WORKERS), shop.users());
    let request = random.id(at).simple().to_string();
    let (action, changes) = change(&mut random);
    audit_entry::Model {
        id: random.id(at),
        actor_id: (!by_command).then_some(worker.0.id),
        entity: "Product".to_owned(),
        entity_id: format!("product_{}", product.id.simple()),
        action: action.to_owned(),
        changes: entity::json::canonical(changes),
        request_id: (!by_command).then_some(request),
        at,
        created_at: at,
        updated_at: at,
    }
}

fn change(random: &mut Random) -> (&'static str, Json) {
    match random.below(3) {
        0 => (
            "create",
            json!({ "status": { "before": null, "after": "draft" } }),
        ),
        1 => (
            "update",
            json!({ "stock": { "before": random.below(50), "after": random.below(200) } }),
        ),
        _ => (
            "update",
            json!({ "status": { "before": "draft", "after": "active" } }),
        ),
    }
}

fn hours(random: &mut Random, bound: u64) -> i64 {
    i64::try_from(random.below(bound)).unwrap_or_default()
}
