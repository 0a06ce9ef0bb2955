//! The program as an operator runs it: what an answer does not tell is in the
//! log, under the id that the answer tells.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use purser::run::{Database, DatabaseUrl, ReadLimits};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{KEPT, PRODUCTS};

/// The program on a demo shop of its own.
struct Program {
    child: Child,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_purser"))
            .env_clear()
            .env("BIND", "127.0.0.1:0")
            .env("LOG", "error")
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(directory.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            let begin = line.find("http://")?;
            Some(line[begin..].split_whitespace().next()?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let url = url.unwrap_or_else(|| panic!("{}", log(directory)));
        Self { child, url }
    }

    /// What is answered: the headers as text, and the body.
    async fn ask(&self, query: &str) -> (String, Value) {
        let request = reqwest::Client::new().post(&self.url);
        let answer = request.json(&json!({ "query": query })).send();
        let answer = answer.await.unwrap();
        let headers = format!("{:?}", answer.headers());
        (headers, answer.json().await.unwrap())
    }
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap()
}

#[tokio::test]
async fn the_log_tells_under_its_id_what_the_answer_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut program = Program::start(directory.path());
    let file = DatabaseUrl::Sqlite(directory.path().join("data/purser.db"));
    let database = Database::connect(&file, ReadLimits::of(1)).await.unwrap();
    let (_, answer) = program.ask(PRODUCTS).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    let run = async |sql: String| {
        database.orm().execute_unprepared(&sql).await.unwrap();
    };
    run(format!("ALTER TABLE products RENAME TO {KEPT}")).await;
    let (headers, answer) = program.ask(PRODUCTS).await;
    run(format!("ALTER TABLE {KEPT} RENAME TO products")).await;
    let [error] = answer["errors"].as_array().unwrap().as_slice() else {
        panic!("{answer:#}");
    };
    assert_eq!(error["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    let told = format!("{headers} {}", error["message"]);
    for word in ["products", "table", "sqlite"] {
        assert!(!told.to_lowercase().contains(word), "{told}");
    }
    let id = error["extensions"]["requestId"].as_str().unwrap();
    assert!(headers.contains(id), "{headers}");
    let log = log(directory.path());
    let mut lines = log.lines().filter(|line| line.contains(id));
    let line = lines.next().unwrap_or_else(|| panic!("{id}: {log}"));
    assert!(line.contains("no such table: "), "{line}");
    // It goes on as if nothing had been.
    let (_, answer) = program.ask(PRODUCTS).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    assert!(program.child.try_wait().unwrap().is_none());
    database.close().await;
}
