/// A setting, as `--help`, the README and `.env.example` show it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the environment and in the file.
    pub name: &'static str,
    /// Its name on the command line, after two dashes.
    pub flag: &'static str,
    /// What it is if nobody says; none where leaving it out means something
    /// of its own.
    pub default: Option<&'static str>,
    /// A value that shows how it is written.
    pub example: &'static str,
    /// What it does, and in which unit.
    pub description: &'static str,
    /// What of it is a secret.
    pub secrecy: Secrecy,
}

/// What of a setting may not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing.
    Open,
    /// The password in an address.
    Address,
    /// What is in the addresses of issuers beyond where they are.
    Issuers,
    /// All of it, where it is a key rather than the path of one.
    Path,
}

/// How a setting is written; nothing where there is no such setting.
pub(super) fn example(name: &str) -> &'static str {
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    setting.map_or("", |setting| setting.example)
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "DATABASE_URL",
        flag: "database-url",
        default: None,
        example: "postgres://purser:password@127.0.0.1/shop",
        description: "The database: sqlite:, postgres:// or mysql://. Without it, an SQLite file \
                      in the data directory, with the demo shop",
        secrecy: Secrecy::Address,
    },
    Setting {
        name: "DATABASE_CONNECTIONS",
        flag: "database-connections",
        default: Some("8"),
        example: "16",
        description: "How many connections read at once",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "STATEMENT_SECONDS",
        flag: "statement-seconds",
        default: Some("30"),
        example: "10",
        description: "How long the database may take over one statement of a request, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "DATA_DIR",
        flag: "data-dir",
        default: Some("./data"),
        example: "/var/lib/purser",
        description: "Where the embedded database and its signing key are kept",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "BIND",
        flag: "bind",
        default: Some("127.0.0.1:8000"),
        example: "0.0.0.0:8000",
        description: "The address and port to listen on",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "JWT_KEYS",
        flag: "jwt-keys",
        default: None,
        example: "/etc/purser/keys",
        description: "The directory of the private keys that tokens are signed with (purser keys \
                      generate), or the file of one. Required with DATABASE_URL; without it, one \
                      is made in the data directory",
        secrecy: Secrecy::Path,
    },
    Setting {
        name: "JWT_ISSUER",
        flag: "jwt-issuer",
        default: Some("purser"),
        example: "https://shop.example",
        description: "The issuer that tokens name",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "JWT_AUDIENCE",
        flag: "jwt-audience",
        default: Some("purser"),
        example: "https://api.shop.example",
        description: "The audience that tokens name",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "TOKEN_SECONDS",
        flag: "token-seconds",
        default: Some("900"),
        example: "900",
        description: "How long a token is good for, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "JWT_ISSUERS",
        flag: "jwt-issuers",
        default: None,
        example: "[{\"issuer\":\"https://id.example\",\"audience\":\"shop\",\"defaultRole\":\"customer\",\
                  \"firstSight\":\"create\"}]",
        description: "Other issuers whose tokens are taken, as a JSON array; see \
                      docs/authentication.md",
        secrecy: Secrecy::Issuers,
    },
    Setting {
        name: "SESSION_IDLE_SECONDS",
        flag: "session-idle-seconds",
        default: Some("2592000"),
        example: "86400",
        description: "How long a session lasts that is not refreshed, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SESSION_SECONDS",
        flag: "session-seconds",
        default: Some("7776000"),
        example: "604800",
        description: "How long a session lasts however often it is refreshed, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SESSION_KEPT_SECONDS",
        flag: "session-kept-seconds",
        default: Some("2592000"),
        example: "31536000",
        description: "How long sessions can be looked up after they are over, in seconds; then they are deleted",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SESSION_COOKIES",
        flag: "session-cookies",
        default: Some("off"),
        example: "on",
        description: "Whether refresh tokens are kept in a cookie that no script can read, rather \
                      than given to the client: on or off",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "PASSWORD_MEMORY_KIB",
        flag: "password-memory-kib",
        default: Some("19456"),
        example: "65536",
        description: "How much memory it takes to hash a password, in KiB; no less than the default",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "PASSWORD_PASSES",
        flag: "password-passes",
        default: Some("2"),
        example: "3",
        description: "How often that memory is passed over; no less than the default",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "PASSWORDS_AT_ONCE",
        flag: "passwords-at-once",
        default: Some("1"),
        example: "2",
        description: "How many passwords are hashed at once; each takes a core and that memory",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "REDIS_URL",
        flag: "redis-url",
        default: None,
        example: "redis://127.0.0.1:6379",
        description: "Where all nodes count attempts to sign in together. Without it, each counts \
                      its own",
        secrecy: Secrecy::Address,
    },
    Setting {
        name: "TRUSTED_PROXIES",
        flag: "trusted-proxies",
        default: Some("0"),
        example: "1",
        description: "How many proxies stand before the server and add to X-Forwarded-For. \
                      Without any, that header is not believed",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "CORS_ORIGINS",
        flag: "cors-origins",
        default: None,
        example: "https://shop.example,http://localhost:5173",
        description: "Origins whose pages may call the API from a browser, separated by commas. \
                      Without it, none but the API's own",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "GRAPHIQL",
        flag: "graphiql",
        default: None,
        example: "on",
        description: "Whether /graphiql is a page to ask questions, GraphiQL: on or off. It is on \
                      without DATABASE_URL, and off with it, unless it is said",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "TRUSTED_DOCUMENTS",
        flag: "trusted-documents",
        default: None,
        example: "/etc/purser/persisted-documents.json",
        description: "A manifest of documents that clients name by documentId: as GraphQL Code \
                      Generator, Relay or Apollo write it",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "TRUSTED_DOCUMENTS_ONLY",
        flag: "trusted-documents-only",
        default: Some("off"),
        example: "on",
        description: "Whether no other documents are answered: on or off",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "CONNECTIONS",
        flag: "connections",
        default: Some("2000"),
        example: "10000",
        description: "How many connections of clients may be open at once; what is more is closed",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "MAX_BODY_BYTES",
        flag: "max-body-bytes",
        default: Some("1048576"),
        example: "1048576",
        description: "The largest request body, in bytes",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "BATCH_REQUESTS",
        flag: "batch-requests",
        default: Some("0"),
        example: "10",
        description: "How many requests one body may have, as a JSON array; 0 for none",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SOCKETS",
        flag: "sockets",
        default: Some("500"),
        example: "5000",
        description: "How many WebSockets may be open at once; 0 for none",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SOCKET_OPERATIONS",
        flag: "socket-operations",
        default: Some("32"),
        example: "100",
        description: "How many operations may run at once on one WebSocket",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SOCKET_MESSAGE_BYTES",
        flag: "socket-message-bytes",
        default: Some("65536"),
        example: "262144",
        description: "The largest message of a client over a WebSocket, in bytes",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "BODY_SECONDS",
        flag: "body-seconds",
        default: Some("30"),
        example: "10",
        description: "How long a client may take to send a body, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "REQUEST_SECONDS",
        flag: "request-seconds",
        default: Some("60"),
        example: "20",
        description: "How long an answer may take, in seconds; what runs for it is stopped then",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "REQUESTS_AT_ONCE",
        flag: "requests-at-once",
        default: Some("1000"),
        example: "200",
        description: "How many operations are answered at once; what is more is refused",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "BYTES_AT_ONCE",
        flag: "bytes-at-once",
        default: Some("67108864"),
        example: "268435456",
        description: "How much memory bodies and answers of more than 16 KiB may take together, in \
                      bytes; what finds no room is refused",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "COST_BUDGETS",
        flag: "cost-budgets",
        default: Some("anonymous=20000,customer=50000,staff=100000,admin=100000"),
        example: "anonymous=5000,admin=500000",
        description: "What one operation may cost, by role, in rows that it may touch. A role that \
                      is left out keeps its default",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "COST_PER_MINUTE",
        flag: "cost-per-minute",
        default: Some("anonymous=0,customer=0,staff=0,admin=0"),
        example: "anonymous=200000,customer=1000000",
        description: "What each caller may spend in a minute, by role, in the same rows; 0 is no \
                      limit. Callers are told apart by user, those without by address; all nodes \
                      count together where REDIS_URL is set",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "DOCUMENT_LIMITS",
        flag: "document-limits",
        default: Some(
            "tokens=20000,nesting=100,depth=24,selections=2000,aliases=500,directives=100,\
             rootFields=50,conditions=400",
        ),
        example: "depth=12,rootFields=10",
        description: "How large a document may be, before anything of it runs. A limit that is \
                      left out keeps its default",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "INTROSPECTION",
        flag: "introspection",
        default: Some("on"),
        example: "off",
        description: "Whether clients may ask for the schema of their role, by introspection and at \
                      /schema.graphql: on or off",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "BULK_ROWS",
        flag: "bulk-rows",
        default: Some("anonymous=1,customer=100,staff=1000,admin=5000"),
        example: "staff=10000",
        description: "How many rows one mutation may write at once, by role. A role that is left \
                      out keeps its default",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "IDEMPOTENCY_SECONDS",
        flag: "idempotency-seconds",
        default: Some("86400"),
        example: "604800",
        description: "For how long the answer to a mutation with an Idempotency-Key is kept, in \
                      seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "REVIEWERS",
        flag: "reviewers",
        default: Some("buyers"),
        example: "everyone",
        description: "Who may review a product: buyers, or everyone with an account",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "SHUTDOWN_SECONDS",
        flag: "shutdown-seconds",
        default: Some("10"),
        example: "30",
        description: "How long running requests may take to finish at shutdown, in seconds",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "LOG",
        flag: "log",
        default: Some("info"),
        example: "info,purser::sql=debug",
        description: "What is logged: error, warn, info, debug or trace, also by module",
        secrecy: Secrecy::Open,
    },
    Setting {
        name: "LOG_FORMAT",
        flag: "log-format",
        default: Some("text"),
        example: "json",
        description: "How logs are written: text or json",
        secrecy: Secrecy::Open,
    },
];
