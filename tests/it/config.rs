//! The settings, as operators give them and are told of them.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use purser::config::SETTINGS;
use serde_json::{Value, json};

use super::app::not_covered;

/// What came of running the program.
struct Ran {
    success: bool,
    printed: String,
    complaint: String,
}

/// Runs the program in a directory, with nothing in its environment but this.
fn run(directory: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_purser"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        success: output.status.success(),
        printed: String::from_utf8(output.stdout).unwrap(),
        complaint: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A secret in places where operators put them, by mistake or not.
const SECRET: &str = "s3cretive";

/// Settings that are right and hold secrets.
const RIGHT: [(&str, &str); 4] = [
    (
        "DATABASE_URL",
        "postgres://ada:s3cretive@db.example:5433/shop?sslmode=require",
    ),
    ("REDIS_URL", "redis://:s3cretive@redis.example:6379/1"),
    ("JWT_KEYS", "/etc/purser/keys"),
    (
        "JWT_ISSUERS",
        r#"[{"issuer":"https://id.example","audience":"shop","jwksUrl":"https://id.example/keys?token=s3cretive"}]"#,
    ),
];

/// The setting of that name in what was printed as JSON.
fn setting<'v>(printed: &'v Value, name: &str) -> &'v Value {
    let settings = printed["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not printed"))
}

#[test]
fn every_setting_is_printed_with_where_it_comes_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = "# a comment\nSHUTDOWN_SECONDS=7\nBIND=127.0.0.1:1\nLOG=warn\n";
    std::fs::write(directory.path().join(".env"), file).unwrap();
    let mut environment = RIGHT.to_vec();
    environment.extend([("BIND", "127.0.0.1:2"), ("LOG", "debug"), ("OTHER", "x")]);
    let arguments = ["config", "print", "--bind", "127.0.0.1:3"];
    let table = run(directory.path(), &environment, &arguments);
    assert!(table.success, "{}", table.complaint);
    let lines: Vec<_> = table.printed.lines().collect();
    assert_eq!(lines.len(), SETTINGS.len() + 1, "{}", table.printed);
    let path = directory.path().canonicalize().unwrap().join(".env");
    let path = path.to_str().unwrap();
    let from_file = format!("file {path}");
    for (name, value, source) in [
        ("setting", "value", "source"),
        ("BIND", "127.0.0.1:3", "flag"),
        ("LOG", "debug", "environment"),
        ("SHUTDOWN_SECONDS", "7", &from_file),
        ("TOKEN_SECONDS", "900", "default"),
        ("CORS_ORIGINS", "-", "default"),
        (
            "DATABASE_URL",
            "postgres://ada:***@db.example:5433/shop?sslmode=require",
            "environment",
        ),
        (
            "REDIS_URL",
            "redis://:***@redis.example:6379/1",
            "environment",
        ),
    ] {
        let mut lines = lines.iter();
        let line = lines.find(|line| line.split_whitespace().next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {}", table.printed));
        let (rest, last) = line.split_at(line.len() - source.len());
        let cells: Vec<_> = rest.split_whitespace().collect();
        assert_eq!((cells.as_slice(), last), (&[name, value][..], source));
    }

    let arguments = [&arguments[..], &["--format", "json"]].concat();
    let document = run(directory.path(), &environment, &arguments);
    assert!(document.success, "{}", document.complaint);
    let printed: Value = serde_json::from_str(&document.printed).unwrap();
    assert_eq!(printed["mistakes"], json!([]));
    let names = printed["settings"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|setting| setting["name"].as_str()).collect();
    let known: Vec<_> = SETTINGS.iter().map(|known| Some(known.name)).collect();
    assert_eq!(names, known);
    let expected = [
        json!({ "name": "BIND", "value": "127.0.0.1:3", "redacted": false, "source": "flag" }),
        json!({ "name": "SHUTDOWN_SECONDS", "value": "7", "redacted": false, "source": "file", "path": path }),
        json!({ "name": "CORS_ORIGINS", "value": null, "redacted": false, "source": "default" }),
        json!({ "name": "REDIS_URL", "value": "redis://:***@redis.example:6379/1", "redacted": true, "source": "environment" }),
    ];
    for expected in expected {
        let name = expected["name"].as_str().unwrap();
        assert_eq!(*setting(&printed, name), expected);
    }
}

#[test]
fn with_nothing_set_it_is_told_where_the_demo_shop_is() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["config", "print", "--format", "json"];
    let ran = run(directory.path(), &[("DATA_DIR", "shop")], &arguments);
    assert!(ran.success, "{}", ran.complaint);
    let printed: Value = serde_json::from_str(&ran.printed).unwrap();
    for (name, value) in [
        ("DATABASE_URL", "sqlite:shop/purser.db"),
        ("JWT_KEYS", "shop/keys"),
    ] {
        assert_eq!(setting(&printed, name)["value"], value);
        assert_eq!(setting(&printed, name)["source"], "default");
    }
    // Nothing is opened for that, nor made.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_name_that_is_nearly_a_setting_is_told_wherever_settings_are() {
    let directory = tempfile::tempdir().unwrap();
    let file = "DATABSE_URL=postgres://ada:s3cretive@db/shop\nPGHOST=db\n";
    std::fs::write(directory.path().join(".env"), file).unwrap();
    let nearly = "DATABSE_URL is no setting of Purser's; if DATABASE_URL is meant, rename it";
    for (environment, success) in [(&[][..], true), (&[("BIND", "nowhere")][..], false)] {
        let ran = run(directory.path(), environment, &["config", "print"]);
        assert_eq!(ran.success, success, "{}", ran.complaint);
        assert!(ran.complaint.contains(nearly), "{}", ran.complaint);
        assert!(!ran.complaint.contains("PGHOST"), "{}", ran.complaint);
        assert!(!ran.complaint.contains(SECRET), "{}", ran.complaint);
    }
}

#[test]
fn wrong_settings_are_printed_all_the_same_and_every_mistake_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), "LOG_FORMAT=xml\nnonsense\n").unwrap();
    let environment = [
        ("DATABASE_URL", "oracle://ada:s3cretive@db/shop"),
        ("BIND", "localhost:8000"),
        ("TRUSTED_PROXIES", "1"),
    ];
    for format in ["table", "json"] {
        let arguments = [
            "config",
            "print",
            "--token-seconds",
            "-1",
            "--format",
            format,
        ];
        let ran = run(directory.path(), &environment, &arguments);
        assert!(!ran.success, "{}", ran.printed);
        let path = directory.path().canonicalize().unwrap().join(".env");
        let nonsense = format!("{}:2", path.display());
        let mistakes = [
            (&*nonsense, "expected NAME=value"),
            ("DATABASE_URL", "must begin with sqlite:"),
            ("JWT_KEYS", "is required with DATABASE_URL"),
            ("BIND", "an IP address and a port"),
            ("TOKEN_SECONDS", "a number from 1 to 86400"),
            ("LOG_FORMAT", "one of text, json"),
        ];
        for (about, reason) in mistakes {
            let mut lines = ran.complaint.lines().map(str::trim);
            let line = lines.find(|line| line.starts_with(about));
            assert!(
                line.is_some_and(|line| line.contains(reason)),
                "{about}: {}",
                ran.complaint
            );
        }
        if format == "json" {
            let printed: Value = serde_json::from_str(&ran.printed).unwrap();
            let about = printed["mistakes"].as_array().unwrap().iter();
            let about: Vec<_> = about.map(|mistake| &mistake["about"]).collect();
            assert_eq!(about, mistakes.map(|(about, _)| about));
            assert_eq!(setting(&printed, "BIND")["value"], "localhost:8000");
            assert_eq!(setting(&printed, "TOKEN_SECONDS")["source"], "flag");
            assert_eq!(setting(&printed, "DATABASE_URL")["value"], "***");
            assert_eq!(setting(&printed, "TRUSTED_PROXIES")["value"], "1");
        } else {
            let words = ran.printed.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("BIND localhost:8000 environment"), "{words}");
            assert!(words.contains("DATABASE_URL *** environment"), "{words}");
        }
        assert!(!ran.printed.contains(SECRET) && !ran.complaint.contains(SECRET));
    }
}

#[test]
fn no_secret_is_ever_printed() {
    let wrong = [
        ("DATABASE_URL", "postgres://ada:12/s3cretive@db/shop"),
        ("DATABASE_URL", "postgres://ada:12#s3cretive@db/shop"),
        ("DATABASE_URL", "postgres://ada:s3cretive@db:port/shop"),
        ("DATABASE_URL", "postgres://db/shop?password=s3cretive"),
        ("DATABASE_URL", "mysql://ada:s3cretive@/shop"),
        ("DATABASE_URL", "ada:s3cretive@db/shop"),
        ("DATABASE_URL", "s3cretive"),
        ("DATABASE_URL", "sqlite:?s3cretive"),
        ("REDIS_URL", "redis://s3cretive@redis"),
        ("REDIS_URL", "redis://:12/s3cretive@redis"),
        ("REDIS_URL", "redis://:s3cretive@redis:port"),
        ("REDIS_URL", "unix://:s3cretive@redis"),
        ("REDIS_URL", "redis:s3cretive"),
        ("JWT_ISSUERS", "s3cretive"),
        ("JWT_ISSUERS", "\"s3cretive\""),
        ("JWT_ISSUERS", "{\"clientSecret\": \"s3cretive\"}"),
        (
            "JWT_ISSUERS",
            "[{\"issuer\": \"https://id.example\", \"clientSecret\": \"s3cretive\"}]",
        ),
        (
            "JWT_ISSUERS",
            "[{\"issuer\": \"https://ada:s3cretive@id.example\", \"audience\": \"a\"}]",
        ),
        (
            "JWT_ISSUERS",
            "[{\"issuer\": \"https://id.example\", \"audience\": [\"s3cretive\"]}]",
        ),
        (
            "JWT_ISSUERS",
            "[{\"issuer\": \"https://id.example\", \"audience\": \"a\", \"firstSight\": \"s3cretive\"}]",
        ),
        (
            "JWT_ISSUERS",
            "[{\"issuer\": \"https://id.example\", \"audience\": \"a\", \"defaultRole\": \"s3cretive\"}]",
        ),
        (
            "JWT_KEYS",
            "-----BEGIN PRIVATE KEY-----\ns3cretive\n-----END PRIVATE KEY-----",
        ),
        ("JWT_KEYS", "s3cretives3cretives3cretives3cretives3cretive"),
        ("CORS_ORIGINS", "https://ada:s3cretive@shop.example"),
        ("JWT_ISSUER", "https://ada:s3cretive@shop.example"),
        ("BIND", "tcp://ada:s3cretive@127.0.0.1:8000"),
    ];
    let directory = tempfile::tempdir().unwrap();
    // As they are, and each of the others in place of the one of its name.
    let mut cases = vec![RIGHT.to_vec()];
    cases.extend(wrong.iter().map(|changed| {
        let others = RIGHT.iter().filter(|(name, _)| name != &changed.0);
        others.copied().chain([*changed]).collect()
    }));
    for environment in cases {
        for format in ["table", "json"] {
            let arguments = ["config", "print", "--format", format];
            let ran = run(directory.path(), &environment, &arguments);
            for text in [&ran.printed, &ran.complaint] {
                assert!(!text.contains(SECRET), "{environment:?}: {text}");
            }
            assert!(ran.printed.contains("DATABASE_URL"), "{environment:?}");
        }
        // Other commands say what is wrong in the same words.
        let ran = run(directory.path(), &environment, &["keys", "list"]);
        assert!(!ran.complaint.contains(SECRET), "{}", ran.complaint);
        // Secrets come from files and flags as well.
        let lines: Vec<_> = environment
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        std::fs::write(directory.path().join(".env"), lines.concat()).unwrap();
        let mut flags = vec!["config".to_owned(), "print".to_owned()];
        for (name, value) in &environment {
            let flag = name.to_lowercase().replace('_', "-");
            flags.push(format!("--{flag}={value}"));
        }
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        for arguments in [&["config", "print"][..], &flags] {
            let ran = run(directory.path(), &[], arguments);
            for text in [&ran.printed, &ran.complaint] {
                assert!(!text.contains(SECRET), "{environment:?}: {text}");
            }
        }
        std::fs::remove_file(directory.path().join(".env")).unwrap();
    }
}

/// Starts the service, which cannot start, and returns what it complains of:
/// line by line, and nothing else.
#[track_caller]
fn cannot_start(directory: &Path, environment: &[(&str, &str)]) -> Vec<String> {
    let environment = [&[("LOG", "error")], environment].concat();
    let ran = run(directory, &environment, &["serve"]);
    assert!(!ran.success, "it started: {}", ran.printed);
    let mut lines = ran.complaint.lines();
    assert_eq!(
        lines.next(),
        Some("purser: the service cannot start:"),
        "{}",
        ran.complaint
    );
    lines.map(|line| line.trim().to_owned()).collect()
}

/// Whether the only complaint has all of these in it.
#[track_caller]
fn assert_complaint(complaints: &[String], parts: &[&str]) {
    let [complaint] = complaints else {
        panic!("expected one complaint: {complaints:#?}");
    };
    for part in parts {
        assert!(complaint.contains(part), "{part:?} is not in: {complaint}");
    }
}

#[test]
fn all_that_cannot_be_opened_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let environment = [
        ("BIND", &*taken),
        ("DATABASE_URL", "postgres://ada:s3cretive@127.0.0.1:1/shop"),
        ("JWT_KEYS", "nowhere"),
        ("REDIS_URL", "redis://:s3cretive@127.0.0.1:1"),
    ];
    let complaints = cannot_start(directory.path(), &environment);
    let expected: [&[&str]; 4] = [
        &[
            "BIND: ",
            &taken,
            "in use",
            "name another address and port, as in BIND=",
        ],
        &["REDIS_URL: ", "refused", "see that Redis runs there"],
        &["JWT_KEYS: ", "nowhere", "`purser keys generate`"],
        &[
            "DATABASE_URL: ",
            "postgres://ada:***@127.0.0.1:1/shop",
            "refused",
            "see that the server runs there",
        ],
    ];
    assert_eq!(complaints.len(), expected.len(), "{complaints:#?}");
    for (complaint, parts) in complaints.iter().zip(expected) {
        assert_complaint(std::slice::from_ref(complaint), parts);
        assert!(!complaint.contains(SECRET), "{complaint}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_written_to_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    // Not even those who may do everything write to the last one.
    for path in [file.to_str().unwrap(), below.to_str().unwrap(), "/proc"] {
        let environment = [("BIND", "127.0.0.1:0"), ("DATA_DIR", path)];
        let complaints = cannot_start(directory.path(), &environment);
        let expected = [
            "DATA_DIR: ",
            path,
            "cannot be written to: ",
            "as in DATA_DIR=/var/lib/purser",
        ];
        assert_complaint(&complaints, &expected);
        let ran = run(directory.path(), &environment, &["migrate"]);
        assert!(!ran.success && ran.complaint.starts_with("purser: DATA_DIR: "));
    }
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("purser.db"), "nothing of the kind\n".repeat(1000)).unwrap();
    let embedded = [("BIND", "127.0.0.1:0")];
    let complaints = cannot_start(directory.path(), &embedded);
    let expected = [
        "DATA_DIR: ",
        "purser.db",
        "not a database",
        "another directory",
    ];
    assert_complaint(&complaints, &expected);
    for (url, reason) in [
        ("sqlite:data/purser.db", "not a database"),
        ("sqlite:nowhere/shop.db", "unable to open"),
    ] {
        let environment = [
            ("BIND", "127.0.0.1:0"),
            ("DATABASE_URL", url),
            ("JWT_KEYS", "data/keys"),
        ];
        let complaints = cannot_start(directory.path(), &environment);
        assert_complaint(
            &complaints,
            &["DATABASE_URL: ", url, reason, "its directory is there"],
        );
    }
}

#[test]
fn keys_that_cannot_be_used_are_told_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let environment = [
        ("BIND", "127.0.0.1:0"),
        ("DATABASE_URL", "sqlite:shop.db"),
        ("JWT_KEYS", "keys"),
    ];
    let complaints = cannot_start(directory.path(), &environment);
    let expected = ["JWT_KEYS: ", "no key signs yet", "`purser keys generate`"];
    assert_complaint(&complaints, &expected);
    std::fs::write(keys.join("a.pem"), SECRET).unwrap();
    std::fs::write(keys.join("b.secret"), SECRET).unwrap();
    std::fs::create_dir(keys.join("c.pem")).unwrap();
    let complaints = cannot_start(directory.path(), &environment);
    assert_eq!(complaints.len(), 3, "{complaints:#?}");
    for expected in [
        ["JWT_KEYS: ", "a.pem: ", "`purser keys generate`"],
        ["JWT_KEYS: ", "b.secret: ", "--algorithm HS256"],
        ["JWT_KEYS: ", "c.pem: ", "this user may read"],
    ] {
        let mut complaints = complaints.iter();
        let found = complaints.find(|complaint| complaint.contains(expected[1]));
        assert_complaint(found.cloned().as_slice(), &expected);
    }
    assert!(!complaints.concat().contains(SECRET));
}

#[test]
fn tables_that_are_not_up_to_date_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let environment = [
        ("BIND", "127.0.0.1:0"),
        ("DATABASE_URL", "sqlite:shop.db"),
        ("JWT_KEYS", "keys"),
    ];
    let made = run(directory.path(), &environment, &["keys", "generate"]);
    assert!(made.success, "{}", made.complaint);
    let ran = run(directory.path(), &environment, &["serve"]);
    assert!(!ran.success);
    assert_complaint(
        &[ran.complaint],
        &[
            "DATABASE_URL: ",
            "migrations are pending",
            "`purser migrate`",
        ],
    );
}

#[test]
fn servers_that_let_nobody_in_are_told_without_the_password() {
    let directory = tempfile::tempdir().unwrap();
    let made = run(
        directory.path(),
        &[("DATABASE_URL", "sqlite:x"), ("JWT_KEYS", "keys")],
        &["keys", "generate"],
    );
    assert!(made.success, "{}", made.complaint);
    for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
        let Ok(url) = std::env::var(variable) else {
            not_covered(variable);
            continue;
        };
        let mut wrong = reqwest::Url::parse(&url).unwrap();
        wrong.set_password(Some(SECRET)).unwrap();
        let mut elsewhere = reqwest::Url::parse(&url).unwrap();
        elsewhere.set_path("/nothing_of_that_name");
        for (url, reasons) in [
            (wrong, ["password authentication failed", "Access denied"]),
            (elsewhere, ["does not exist", "Unknown database"]),
        ] {
            let environment = [
                ("BIND", "127.0.0.1:0"),
                ("DATABASE_URL", url.as_str()),
                ("JWT_KEYS", "keys"),
            ];
            let complaints = cannot_start(directory.path(), &environment);
            let expected = ["DATABASE_URL: ", ":***@", "takes that user and password"];
            assert_complaint(&complaints, &expected);
            let told = reasons.iter().any(|reason| complaints[0].contains(reason));
            assert!(told && !complaints[0].contains(SECRET), "{complaints:?}");
        }
    }
}
