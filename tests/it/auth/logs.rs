//! The service as an operator starts it, and what its log says of those who
//! sign in.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::Utc;
use entity::audit_entry;
use purser::run::{Database, DatabaseUrl, ReadLimits};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use super::text;
use crate::http::sockets::{PROTOCOL, Socket, bearer};

/// The program in a directory of its own, with everything logged.
struct Service {
    child: Child,
    url: String,
    /// What it printed until it was ready.
    banner: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn purser(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purser"));
    command
        .env_clear()
        .env("BIND", "127.0.0.1:0")
        .env("DATA_DIR", directory.join("data"))
        .env("LOG", "trace")
        .current_dir(directory)
        .stdin(Stdio::null());
    command
}

impl Service {
    fn start(directory: &Path) -> Self {
        let mut child = purser(directory)
            .stdout(Stdio::piped())
            .stderr(File::create(directory.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        let last = "set DATABASE_URL to use a database of your own";
        while !banner.contains(last) {
            let line = lines.next().unwrap().unwrap();
            banner.push_str(&line);
            banner.push('\n');
        }
        std::thread::spawn(move || lines.for_each(drop));
        let start = banner.find("http://").unwrap();
        let url = banner[start..]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned();
        Self { child, url, banner }
    }

    async fn ask(&self, query: &str, variables: Value, token: Option<&str>) -> Value {
        let client = reqwest::Client::new();
        let mut request = client
            .post(&self.url)
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn socket(&self) -> Socket {
        let (_, rest) = self.url.split_once("://").unwrap();
        let (address, _) = rest.split_once('/').unwrap();
        let address = address.parse().unwrap();
        Socket::open(address, &[PROTOCOL]).await.unwrap()
    }
}

const LOG_IN: &str = "mutation($email: String!, $password: String!) { logIn(input: { email: \
     $email, password: $password }) { accessToken refreshToken userErrors { code } } }";

#[tokio::test]
async fn no_password_token_or_hash_is_ever_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let service = Service::start(directory.path());
    // What is told once, on the first start, and to whoever started it.
    let (_, password) = service.banner.split_once("all with the password ").unwrap();
    let demo = password.split_whitespace().next().unwrap().to_owned();
    let mut secrets = vec![demo.clone()];
    let mut remember = |answer: &Value, name: &str| {
        let payload = &answer["data"][name];
        for key in ["accessToken", "refreshToken"] {
            if payload[key].is_string() {
                let secret = text(payload, key);
                // Of a token, what makes it one is its end.
                let end = secret.rsplit('.').next().unwrap().to_owned();
                secrets.push(end);
            }
        }
        payload.clone()
    };

    let variables = json!({ "email": "root@example.com", "password": demo });
    let answer = service.ask(LOG_IN, variables, None).await;
    let root = remember(&answer, "logIn");
    assert_eq!(root["userErrors"], json!([]));
    let token = text(&root, "accessToken");
    let me = service
        .ask("{ me { email role } }", json!({}), Some(&token))
        .await;
    assert_eq!(me["data"]["me"]["role"], "ADMIN");

    let wrong = "a wrong guess of somebody";
    let variables = json!({ "email": "root@example.com", "password": wrong });
    service.ask(LOG_IN, variables, None).await;
    let written = "mutation { signUp(input: { email: \"mary@example.com\", password: \"written in the \
                   document\", displayName: \"Mary\" }) { accessToken refreshToken userErrors { code } } }";
    let mary = remember(&service.ask(written, json!({}), None).await, "signUp");
    let refresh = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { \
                   accessToken refreshToken userErrors { code } } }";
    let token = json!({ "token": text(&mary, "refreshToken") });
    let renewed = remember(
        &service.ask(refresh, token.clone(), None).await,
        "refreshSession",
    );
    let again = json!({ "token": text(&renewed, "refreshToken") });
    remember(&service.ask(refresh, again, None).await, "refreshSession");
    let reused = service.ask(refresh, token, None).await;
    assert_eq!(
        reused["data"]["refreshSession"]["userErrors"][0]["code"],
        "SESSION_OVER"
    );
    // Tokens that are refused are somebody's all the same.
    let bad = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.a-forged-signature";
    service.ask("{ me { id } }", json!({}), Some(bad)).await;

    // Over a WebSocket there is the same to be told.
    let mut socket = service.socket().await;
    socket.initialise(bearer(&text(&root, "accessToken"))).await;
    let said = "said over a socket";
    let variables = json!({ "email": "root@example.com", "password": said });
    socket
        .subscribe_with("1", json!({ "query": LOG_IN, "variables": variables }))
        .await;
    let guess = socket.result("1").await;
    assert_eq!(
        guess["data"]["logIn"]["userErrors"][0]["code"],
        "INVALID_CREDENTIALS"
    );
    let variables = json!({ "email": "root@example.com", "password": demo });
    socket
        .subscribe_with("2", json!({ "query": LOG_IN, "variables": variables }))
        .await;
    remember(&socket.result("2").await, "logIn");
    let mut socket = service.socket().await;
    socket
        .say(json!({ "type": "connection_init", "payload": bearer(bad) }))
        .await;
    assert_eq!(socket.closed().await.0, 4403);
    drop(service);

    secrets.extend(
        [
            wrong,
            said,
            "written in the document",
            "a-forged-signature",
            "$argon2id",
        ]
        .map(str::to_owned),
    );
    let log = std::fs::read_to_string(directory.path().join("log")).unwrap();
    assert!(
        log.contains("a refresh token was used again"),
        "nothing is logged"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "the log has {secret}");
    }
}

/// What was recorded last.
async fn last_entry(directory: &Path) -> audit_entry::Model {
    let file = DatabaseUrl::Sqlite(directory.join("data/purser.db"));
    let database = Database::connect(&file, ReadLimits::of(1)).await.unwrap();
    let last = audit_entry::Entity::find()
        .order_by_desc(audit_entry::Column::Id)
        .one(database.orm())
        .await
        .unwrap()
        .unwrap();
    database.close().await;
    last
}

#[tokio::test]
async fn accounts_are_made_and_changed_from_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = purser(directory.path()).args(arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), printed, complaint)
    };
    let (done, printed, _) = run(&[
        "user",
        "create",
        "Boss@Example.com",
        "--name",
        "The boss",
        "--role",
        "admin",
        "--log",
        "off",
    ]);
    assert!(done, "{printed}");
    let password = printed
        .lines()
        .find_map(|line| line.strip_prefix("password: "));
    let password = password.unwrap().to_owned();
    let (done, _, complaint) = run(&["user", "create", "boss@example.com", "--name", "Twice"]);
    assert!(!done && complaint.contains("there is an account of boss@example.com already"));
    let (done, _, complaint) = run(&["user", "disable", "nobody@example.com"]);
    assert!(
        !done && complaint.contains("nobody@example.com"),
        "{complaint}"
    );

    let service = Service::start(directory.path());
    let variables = json!({ "email": "boss@example.com", "password": password });
    let answer = service.ask(LOG_IN, variables.clone(), None).await;
    let token = text(&answer["data"]["logIn"], "accessToken");
    let me = "{ me { role } }";
    let answer = service.ask(me, json!({}), Some(&token)).await;
    assert_eq!(answer["data"]["me"]["role"], "ADMIN");

    let (done, printed, _) = run(&["user", "set-role", "boss@example.com", "--role", "staff"]);
    assert!(done && printed.contains("boss@example.com is staff now"));
    // The server hears of it within a few seconds.
    let mut refused = false;
    for _ in 0..100 {
        let answer = service.ask(me, json!({}), Some(&token)).await;
        refused = answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED";
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(refused, "the token is good for ever");

    let (done, _, _) = run(&["token", "--user", "boss@example.com"]);
    assert!(done);
    assert_eq!(last_entry(directory.path()).await.action, "issueToken");

    let (done, printed, _) = run(&["user", "reset-password", "boss@example.com"]);
    assert!(done);
    let new = printed
        .lines()
        .find_map(|line| line.strip_prefix("password: "));
    let old = service.ask(LOG_IN, variables, None).await;
    assert_eq!(
        old["data"]["logIn"]["userErrors"][0]["code"],
        "INVALID_CREDENTIALS"
    );
    let variables = json!({ "email": "boss@example.com", "password": new });
    let answer = service.ask(LOG_IN, variables, None).await;
    assert_eq!(answer["data"]["logIn"]["userErrors"], json!([]));

    let arguments = [
        "user",
        "reset-password",
        "boss@example.com",
        "--password-stdin",
    ];
    let mut command = purser(directory.path());
    let command = command.args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    // Whoever types takes a while.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let typed = Utc::now();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"another fine password").unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    let entry = last_entry(directory.path()).await;
    assert_eq!(entry.action, "resetPassword");
    assert!(entry.at >= typed, "dated before there was a password");

    let (done, printed, _) = run(&["keys", "list"]);
    assert!(done && printed.contains("EdDSA  signs"), "{printed}");
    let (done, printed, _) = run(&["keys", "rotate", "--delay", "0"]);
    assert!(done && printed.contains("signs from"), "{printed}");
}
