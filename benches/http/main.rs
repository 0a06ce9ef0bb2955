//! The server beside a hand-written axum handler that runs the best single
//! statement for the same answer: `cargo bench --bench http`.
//!
//! Both are processes of their own over the same data and pool settings, under
//! the same load, in turns. What counts is the ratio between them; the numbers
//! themselves depend on the machine. `SQLite` is always measured, `PostgreSQL`
//! where `TEST_POSTGRES_URL` is set.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `BENCH_SCALE` | how large the shop is; 10 is 10,000 products | 10 |
//! | `BENCH_ROUNDS` | how often each is measured | 7 |
//! | `BENCH_SECONDS` | how long each time; five times that for statistics over every row | 3 |
//! | `BENCH_CONNECTIONS` | how many clients at once; statistics over every row have two | 16 |
//! | `BENCH_QUERY` | only what has this in its name (`tokens`, `authenticated` and `sign-ins` as well), or is of a database of this name | everything |
//! | `BENCH_POOL` | how many database connections either server has | 8 |

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on must fail where it is"
)]

mod hand;
mod hand_writes;
mod load;
mod process;
mod server;
mod shop;
mod sign_in;
mod writes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::time::Duration;

use load::Target;
use process::Server;
use shop::{Query, Shop};
use writes::Write;

/// How long a server is used before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match arguments.iter().position(|argument| argument == "--serve") {
        Some(place) => {
            runtime.block_on(server::serve(&arguments[place + 1], &arguments[place + 2]));
        }
        None => runtime.block_on(compare()),
    }
}

/// A setting of the bench, from the environment.
fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not {value:?}")),
        Err(_) => default,
    }
}

async fn compare() {
    let scale = u32::try_from(setting("BENCH_SCALE", 10)).expect("a small scale");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("shop.db");
    let mut shops = vec![Shop::make(&format!("sqlite:{}", file.display()), scale).await];
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => shops.push(Shop::make_on_server(&url, scale).await),
        Err(_) => println!("not covered: TEST_POSTGRES_URL is not set"),
    }
    let only = std::env::var("BENCH_QUERY").unwrap_or_default();
    let of_sign_in = |name: &str| only.is_empty() || name.contains(&only);
    if of_sign_in("tokens") {
        sign_in::verify();
    }
    for shop in shops {
        if of_sign_in("authenticated") || shop.name == only {
            sign_in::authenticated(&shop).await;
        }
        if of_sign_in("sign-ins") || shop.name == only {
            sign_in::beside_sign_ins(&shop).await;
        }
        for write in Write::ALL {
            if shop.name == only || write.name().contains(&only) {
                writes::measure(&shop, write).await;
            }
        }
        let queries = Query::ALL.into_iter();
        for query in queries.filter(|query| shop.name == only || query.name().contains(&only)) {
            measure(&shop, query).await;
        }
        shop.remove().await;
    }
}

async fn measure(shop: &Shop, query: Query) {
    let kinds = ["hand", "purser"];
    let rounds = setting("BENCH_ROUNDS", 7);
    let mut length = Duration::from_secs(setting("BENCH_SECONDS", 3));
    if query.is_over_every_row() {
        // An answer may take seconds, and there must be several.
        length *= 5;
    }
    let mut rates = [Vec::new(), Vec::new()];
    let mut costs = [Vec::new(), Vec::new()];
    let mut peaks = [0, 0];
    for round in 0..rounds {
        // A process may be lucky in where its memory and its threads lie, so
        // each round has new ones.
        let servers = kinds.map(|kind| Server::start(kind, &shop.url));
        let targets = [0, 1]
            .map(|place| Target::new(&servers[place], query, shop.requests(query, kinds[place])));
        load::check_same_answers(&targets).await;
        for target in &targets {
            target.run(WARM_UP).await;
        }
        // Neither always goes first.
        for turn in 0..2 {
            let place = usize::try_from((round + turn) % 2).unwrap_or_default();
            let run = targets[place].run(length).await;
            rates[place].push(run.per_second);
            costs[place].push(run.cpu_microseconds);
            peaks[place] = peaks[place].max(servers[place].peak_mebibytes());
        }
    }
    let [hand_rate, purser_rate] = rates.map(load::median);
    let [hand_cost, purser_cost] = costs.map(load::median);
    let [hand_peak, purser_peak] = peaks;
    println!(
        "{:<11} {:<44} ratio {:.2}   hand {hand_rate:.0}/s {hand_cost:.0} µs cpu {hand_peak} MiB   \
         purser {purser_rate:.0}/s {purser_cost:.0} µs cpu {purser_peak} MiB",
        shop.name,
        query.name(),
        purser_rate / hand_rate,
    );
}
