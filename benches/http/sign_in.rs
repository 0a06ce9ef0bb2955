//! What it costs to know who asks, and what those who sign in cost others.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::Utc;
use purser::access::Role;
use purser::auth::{Algorithm, Grant, Key, Keyring, Requester, TokenSettings, Tokens};
use serde_json::json;
use uuid::Uuid;

use crate::load::{self, Client, Target};
use crate::process::Server;
use crate::server::PASSWORD;
use crate::shop::{Query, Shop};
use crate::{WARM_UP, setting};

/// How many sign in at the same time.
const SIGNING_IN: usize = 64;
/// How often someone else asks for something simple meanwhile.
const PACE: Duration = Duration::from_millis(4);

/// How long it takes to verify a token, for the first time and again.
pub fn verify() {
    const TOKENS: u32 = 5000;
    let settings = TokenSettings {
        issuer: "bench".to_owned(),
        audience: "bench".to_owned(),
        lifetime: Duration::from_hours(1),
    };
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        let key = Key::ephemeral(algorithm).expect("a key");
        let tokens = Tokens::new(Keyring::ephemeral(vec![key]), settings.clone());
        let now = Utc::now();
        let signed: Vec<_> = (0..TOKENS)
            .map(|_| {
                let grant = Grant {
                    user: Uuid::now_v7(),
                    role: Role::Customer,
                    session: Some(Uuid::now_v7()),
                    epoch: 0,
                };
                tokens.sign(grant, now).expect("a token")
            })
            .collect();
        let [first, again] = [(); 2].map(|()| {
            let begun = Instant::now();
            for token in &signed {
                black_box(tokens.verify(token, now)).expect("a valid token");
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(TOKENS)
        });
        println!("a token of {algorithm:?} verified: {first:.1} µs, again: {again:.1} µs");
    }
}

/// Requests with a token beside the same without one.
pub async fn authenticated(shop: &Shop) {
    let length = Duration::from_secs(setting("BENCH_SECONDS", 3));
    for query in [Query::Product, Query::Products] {
        let mut ratios = Vec::new();
        for _ in 0..setting("BENCH_ROUNDS", 7) {
            let server = Server::start("purser", &shop.url);
            let customer = Requester::User {
                id: Uuid::nil(),
                role: Role::Customer,
            };
            let with = shop.requests_of(query, "purser", customer);
            let with = Target::with(&server, query, with, Some(&server.customer));
            let without = shop.requests(query, "purser");
            let without = Target::with(&server, query, without, None);
            load::check_same_answers(&[with.clone(), without.clone()]).await;
            let (with, without) = (&with, &without);
            with.run(WARM_UP).await;
            without.run(WARM_UP).await;
            // Neither goes first more often.
            let mut rates = [0.0, 0.0];
            for (place, target) in [(0, with), (1, without), (1, without), (0, with)] {
                rates[place] += target.run(length / 2).await.per_second;
            }
            ratios.push(rates[0] / rates[1]);
        }
        println!(
            "{:<11} {:<44} with a token {:.2} of without",
            shop.name,
            query.name(),
            load::median(ratios)
        );
    }
}

/// How long something simple takes at most for 99 of 100, while nobody signs in
/// and while many do.
pub async fn beside_sign_ins(shop: &Shop) {
    let length = Duration::from_secs(setting("BENCH_SECONDS", 3)) * 2;
    let mut figures = [Vec::new(), Vec::new()];
    let mut rates = Vec::new();
    for _ in 0..setting("BENCH_ROUNDS", 7) {
        let server = Server::start("purser", &shop.url);
        let simple = Target::with(
            &server,
            Query::Product,
            shop.requests(Query::Product, "purser"),
            None,
        );
        simple.run(WARM_UP).await;
        figures[0].push(slowest(&simple, length).await);
        let begun = Instant::now();
        let signing_in = (0..SIGNING_IN).map(|number| {
            let address = server.address.clone();
            let email = server.accounts[number % server.accounts.len()].clone();
            tokio::spawn(async move {
                let mut client = Client::connect(&address).await;
                let mut times = 0_u32;
                while begun.elapsed() < length + WARM_UP {
                    // Each from an address of its own, so that nobody has to
                    // wait.
                    let from = format!("10.{number}.{}.{}", times / 256 % 256, times % 256);
                    client.send(&sign_in(&address, &email, &from)).await;
                    times += 1;
                }
                times
            })
        });
        let signing_in: Vec<_> = signing_in.collect();
        tokio::time::sleep(WARM_UP).await;
        figures[1].push(slowest(&simple, length).await);
        let mut times = 0;
        for one in signing_in {
            times += one.await.expect("a client");
        }
        rates.push(f64::from(times) / begun.elapsed().as_secs_f64());
    }
    let [idle, busy] = figures.map(load::median);
    println!(
        "{:<11} {SIGNING_IN} who sign in, {:.0}/s: of one product by id the p99 is {busy:.2} ms, {:.1} \
         times that of idle ({idle:.2} ms)",
        shop.name,
        load::median(rates),
        busy / idle,
    );
}

/// The latency that 99 of 100 do not exceed, in milliseconds, of requests at a
/// steady pace.
async fn slowest(target: &Target<'_>, length: Duration) -> f64 {
    let mut client = Client::connect(&target.server.address).await;
    let mut pace = tokio::time::interval(PACE);
    let begun = Instant::now();
    let mut latencies = Vec::new();
    let mut requests = target.requests.iter().cycle();
    while begun.elapsed() < length {
        // From when it was due: whoever waits for the one before waits as well.
        let due = pace.tick().await.into_std();
        client.send(requests.next().expect("a request")).await;
        latencies.push(due.elapsed().as_secs_f64() * 1e3);
    }
    latencies.sort_by(f64::total_cmp);
    latencies[latencies.len() * 99 / 100]
}

fn sign_in(address: &str, email: &str, from: &str) -> Vec<u8> {
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken userErrors { \
                 code } } }";
    let input = json!({ "email": email, "password": PASSWORD });
    let body = json!({ "query": query, "variables": { "input": input } }).to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\nx-forwarded-for: {from}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
