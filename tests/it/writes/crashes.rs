//! What is left when the process ends at any moment: `kill -9` under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, announce};
use crate::generated::servers::{Caller, Server};
use crate::writes::{mutate, product};

/// How often the process is ended.
const ROUNDS: usize = 30;
/// How many clients write at once.
const CLIENTS: usize = 8;
/// How many pieces of the product there are.
const PIECES: i64 = 1_000_000;

/// An order that was placed as far as a client knows.
struct Placed {
    key: String,
    number: String,
    answer: Vec<u8>,
}

/// What clients know.
#[derive(Default)]
struct Known {
    placed: Vec<Placed>,
    /// Keys of orders of which it is not known whether they were placed.
    open: Vec<String>,
}

fn body(key: &str) -> String {
    let query = format!(
        "mutation {{ it: placeOrder(input: {{items: [{{product: {{sku: \"CRASH\"}}, quantity: 2}}], \
         shippingAddress: {{}}, note: \"{key}\"}}) {{ order {{ number }} userErrors {{ code }} }} }}"
    );
    json!({ "query": query }).to_string()
}

/// Places an order; none where no answer came back.
async fn place(server: &Server, key: &str) -> Option<Placed> {
    let answer = server
        .post_once(body(key).as_bytes(), Caller::Ada, key)
        .await
        .ok()?;
    let json: Value = serde_json::from_slice(&answer.body).ok()?;
    let number = json["data"]["it"]["order"]["number"].as_str()?.to_owned();
    Some(Placed {
        key: key.to_owned(),
        number,
        answer: answer.body,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_is_there_and_nothing_is_half_there() {
    for app in TestApp::on_every_database().await {
        let name = app.database().dialect().to_string();
        let staff = app.staff().await;
        let input = product("CRASH");
        let made = mutate(
            &staff,
            &format!(
                "createProduct(input: {{{input}, status: ACTIVE, stock: {PIECES}}}) {{ \
                 userErrors {{ code }} }}"
            ),
        )
        .await;
        assert_eq!(made["userErrors"], json!([]));
        let mut server = Server::start(app).await;
        let mut known = Known::default();
        let mut longest = Duration::ZERO;
        for _ in 0..ROUNDS {
            server = under_load(server, &mut known).await;
            let begun = Instant::now();
            server.restart().await;
            longest = longest.max(begun.elapsed());
            // Whoever got no answer asks again.
            for key in std::mem::take(&mut known.open) {
                let placed = place(&server, &key).await;
                known
                    .placed
                    .push(placed.unwrap_or_else(|| panic!("{name}: no answer to {key}")));
            }
        }
        // And whoever got one gets the same again.
        for placed in known.placed.iter().rev().take(100) {
            let again = place(&server, &placed.key).await.unwrap();
            assert_eq!(again.answer, placed.answer, "{name}");
        }
        announce(&format!(
            "crashes: {name}: {} orders, back in {longest:?} at most",
            known.placed.len()
        ));
        assert!(
            known.placed.len() > ROUNDS,
            "{name}: too little was going on"
        );
        assert_whole(&server.app, &known.placed).await;
        server.remove().await;
    }
}

/// Lets clients write, and ends the process at some moment.
async fn under_load(mut server: Server, known: &mut Known) -> Server {
    let random = Uuid::new_v4().as_u128() % 400;
    let ends = Duration::from_millis(50 + u64::try_from(random).unwrap());
    let stop = AtomicBool::new(false);
    let clients = join_all((0..CLIENTS).map(|_| async {
        let mut known = Known::default();
        while !stop.load(Ordering::Relaxed) {
            let key = Uuid::now_v7().simple().to_string();
            if let Some(placed) = place(&server, &key).await {
                known.placed.push(placed);
            } else {
                known.open.push(key);
                break;
            }
        }
        known
    }));
    let killing = async {
        tokio::time::sleep(ends).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
    };
    let (all, ()) = tokio::join!(clients, killing);
    for one in all {
        known.placed.extend(one.placed);
        known.open.extend(one.open);
    }
    server.wait();
    server
}

/// Every order that is known is there once, whole, and no other is.
async fn assert_whole(app: &TestApp, placed: &[Placed]) {
    let orm = app.database().orm();
    let backend = orm.get_database_backend();
    let rows = async |sql: &str| {
        let statement = Statement::from_string(backend, sql);
        orm.query_all_raw(statement).await.unwrap()
    };
    let orders = rows(
        "SELECT o.note, o.number, COUNT(*) AS items, SUM(i.quantity) AS pieces \
         FROM orders o LEFT JOIN order_items i ON i.order_id = o.id \
         JOIN (SELECT id FROM products WHERE sku = 'CRASH') p ON p.id = i.product_id \
         GROUP BY o.id, o.note, o.number",
    )
    .await;
    let mut there: Vec<(String, String)> = orders
        .iter()
        .map(|row| {
            assert_eq!(row.try_get::<i64>("", "items").unwrap(), 1);
            (
                row.try_get("", "note").unwrap(),
                row.try_get("", "number").unwrap(),
            )
        })
        .collect();
    let mut told: Vec<(String, String)> = placed
        .iter()
        .map(|placed| (placed.key.clone(), placed.number.clone()))
        .collect();
    there.sort();
    told.sort();
    assert_eq!(there, told);
    let empty =
        rows("SELECT number FROM orders WHERE id NOT IN (SELECT order_id FROM order_items)").await;
    assert!(empty.is_empty(), "{} orders without items", empty.len());
    let stock = rows("SELECT stock FROM products WHERE sku = 'CRASH'").await;
    let stock: i32 = stock[0].try_get("", "stock").unwrap();
    let sold = i64::try_from(2 * placed.len()).unwrap();
    assert_eq!(i64::from(stock) + sold, PIECES);
    let audited =
        rows("SELECT id FROM audit_entries WHERE action = 'placeOrder' AND entity = 'Order'");
    assert_eq!(audited.await.len(), placed.len());
    if app.database().dialect() == Dialect::Sqlite {
        let check = rows("PRAGMA integrity_check").await;
        let check: String = check[0].try_get_by_index(0).unwrap();
        assert_eq!(check, "ok");
    }
}
