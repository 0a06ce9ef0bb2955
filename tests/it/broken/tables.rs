//! Tables and columns that are gone, are something else, or hold what they
//! should not.

use purser::sql::Dialect;

use super::{Case, KEPT, LOG_IN, MY_ORDERS, PRODUCTS, Service, WRITE, Who};

/// Every column of products.
const COLUMNS: [&str; 15] = [
    "id",
    "category_id",
    "sku",
    "slug",
    "name",
    "description",
    "price_cents",
    "cost_cents",
    "currency",
    "stock",
    "status",
    "attributes",
    "version",
    "created_at",
    "updated_at",
];

/// A view in place of products, in which a column is something else, or which
/// has a condition.
fn disguised(name: &'static str, column: &str, value: &str, condition: &str) -> Case {
    let columns = COLUMNS.map(|known| {
        if known == column {
            format!("{value} AS {known}")
        } else {
            known.to_owned()
        }
    });
    let columns = columns.join(", ");
    Case {
        name,
        breaks: format!(
            "ALTER TABLE products RENAME TO {KEPT}; \
             CREATE VIEW products AS SELECT {columns} FROM {KEPT} WHERE {condition}"
        ),
        mends: format!("DROP VIEW products; ALTER TABLE {KEPT} RENAME TO products"),
        probe: (Who::Anonymous, PRODUCTS),
        code: Some("INTERNAL_SERVER_ERROR"),
    }
}

/// What breaks on every database.
fn everywhere(dialect: Dialect) -> Vec<Case> {
    let text = match dialect {
        Dialect::Sqlite => "TEXT",
        Dialect::Postgres | Dialect::Mariadb => "VARCHAR(2000)",
    };
    let case = |name, breaks: &str, mends: &str, probe| Case {
        name,
        breaks: breaks.to_owned(),
        mends: mends.to_owned(),
        probe,
        code: Some("INTERNAL_SERVER_ERROR"),
    };
    vec![
        case(
            "a table was renamed",
            &format!("ALTER TABLE products RENAME TO {KEPT}"),
            &format!("ALTER TABLE {KEPT} RENAME TO products"),
            (Who::Anonymous, PRODUCTS),
        ),
        case(
            "the table of accounts was renamed",
            &format!("ALTER TABLE users RENAME TO {KEPT}"),
            &format!("ALTER TABLE {KEPT} RENAME TO users"),
            (Who::Anonymous, LOG_IN),
        ),
        case(
            "the table of what happened was renamed",
            &format!("ALTER TABLE audit_entries RENAME TO {KEPT}"),
            &format!("ALTER TABLE {KEPT} RENAME TO audit_entries"),
            (Who::Staff, WRITE),
        ),
        case(
            "a column was renamed",
            &format!("ALTER TABLE orders RENAME COLUMN number TO {KEPT}"),
            &format!("ALTER TABLE orders RENAME COLUMN {KEPT} TO number"),
            (Who::Customer, MY_ORDERS),
        ),
        case(
            "a column was dropped",
            "ALTER TABLE orders DROP COLUMN note",
            &format!("ALTER TABLE orders ADD COLUMN note {text}"),
            (Who::Customer, MY_ORDERS),
        ),
    ]
}

/// What comes last: what a table had besides its rows is not mended.
fn at_last() -> Case {
    Case {
        name: "a table was dropped",
        breaks: format!("CREATE TABLE {KEPT} AS SELECT * FROM reviews; DROP TABLE reviews"),
        mends: format!("ALTER TABLE {KEPT} RENAME TO reviews"),
        probe: (Who::Anonymous, PRODUCTS),
        code: Some("INTERNAL_SERVER_ERROR"),
    }
}

/// What each database has of its own.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn own(service: &Service) -> Vec<Case> {
    let Service { account, .. } = service;
    let full = "could not extend file \"base/16384/16397\": No space left on device";
    match service.dialect() {
        Dialect::Sqlite => vec![
            Case {
                code: None,
                ..disguised("a column of another type", "price_cents", "'dear'", "true")
            },
            Case {
                code: Some("TIMEOUT"),
                ..disguised(
                    "a table that takes for ever",
                    "id",
                    "id",
                    "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e12) \
                     SELECT COUNT(*) FROM c) > id",
                )
            },
            Case {
                name: "JSON that is none",
                breaks: format!(
                    "CREATE TABLE {KEPT} AS SELECT id, attributes FROM products; \
                     PRAGMA ignore_check_constraints = ON; UPDATE products SET attributes = '{{\"a\": '"
                ),
                mends: format!(
                    "UPDATE products SET attributes = (SELECT k.attributes FROM {KEPT} k WHERE k.id = products.id); \
                     PRAGMA ignore_check_constraints = OFF; DROP TABLE {KEPT}"
                ),
                probe: (Who::Anonymous, PRODUCTS),
                code: Some("INTERNAL_SERVER_ERROR"),
            },
        ],
        Dialect::Postgres => vec![
            disguised(
                "a column of another type",
                "price_cents",
                "'dear'::text",
                "true",
            ),
            Case {
                // It is told as the text that it is.
                code: None,
                ..disguised(
                    "JSON that is none",
                    "attributes",
                    "'{\"a\": '::text",
                    "true",
                )
            },
            Case {
                code: Some("TIMEOUT"),
                ..disguised(
                    "a table that takes for ever",
                    "id",
                    "id",
                    "pg_sleep(60) IS NOT NULL",
                )
            },
            Case {
                name: "rights were taken away",
                breaks: format!("REVOKE SELECT ON products FROM {account}"),
                mends: format!("GRANT SELECT ON products TO {account}"),
                probe: (Who::Anonymous, PRODUCTS),
                code: Some("INTERNAL_SERVER_ERROR"),
            },
            Case {
                name: "the disk is full",
                breaks: format!(
                    "CREATE FUNCTION {KEPT}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION \
                     USING ERRCODE = '53100', MESSAGE = '{full}', HINT = 'Check free disk space.'; END $$; \
                     CREATE TRIGGER {KEPT} BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION {KEPT}()"
                ),
                mends: format!("DROP TRIGGER {KEPT} ON products; DROP FUNCTION {KEPT}"),
                probe: (Who::Staff, WRITE),
                code: Some("INTERNAL_SERVER_ERROR"),
            },
        ],
        Dialect::Mariadb => vec![
            Case {
                name: "JSON that is none",
                breaks: format!(
                    "CREATE TABLE {KEPT} AS SELECT id, attributes FROM products; \
                     SET check_constraint_checks = OFF; UPDATE products SET attributes = '{{\"a\": '"
                ),
                mends: format!(
                    "UPDATE products p JOIN {KEPT} k ON k.id = p.id SET p.attributes = k.attributes; \
                     SET check_constraint_checks = ON; DROP TABLE {KEPT}"
                ),
                probe: (Who::Anonymous, PRODUCTS),
                // It is told as null.
                code: None,
            },
            Case {
                code: None,
                ..disguised("a column of another type", "price_cents", "'dear'", "true")
            },
            Case {
                code: Some("TIMEOUT"),
                ..disguised("a table that takes for ever", "id", "id", "SLEEP(60) = 0")
            },
            Case {
                name: "the disk is full",
                breaks: format!(
                    "CREATE TRIGGER {KEPT} BEFORE UPDATE ON products FOR EACH ROW SIGNAL SQLSTATE 'HY000' \
                     SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table ''products'' is full'"
                ),
                mends: format!("DROP TRIGGER {KEPT}"),
                probe: (Who::Staff, WRITE),
                code: Some("INTERNAL_SERVER_ERROR"),
            },
        ],
    }
}

#[tokio::test]
async fn whatever_breaks_nothing_within_is_told() {
    for service in Service::on_every_database().await {
        let cases = everywhere(service.dialect())
            .into_iter()
            .chain(own(&service));
        for case in cases.chain([at_last()]) {
            service.suffer(&case).await;
        }
        service.remove().await;
    }
}

#[tokio::test]
async fn texts_that_are_no_unicode_are_no_answer() {
    for service in Service::on_every_database().await {
        let (value, code) = match service.dialect() {
            Dialect::Sqlite => ("CAST(x'ff41' AS TEXT)", Some("INTERNAL_SERVER_ERROR")),
            // Which makes a text of it.
            Dialect::Mariadb => ("CAST(x'ff41' AS BINARY)", None),
            // Which takes no such text.
            Dialect::Postgres => continue,
        };
        let case = Case {
            code,
            ..disguised("a text that is no Unicode", "name", value, "true")
        };
        service.suffer(&case).await;
        service.remove().await;
    }
}

/// Statuses with signs that JSON has to write in another way.
#[tokio::test]
async fn words_that_no_enum_has_leave_an_answer_whole() {
    for service in Service::on_every_database().await {
        let value = match service.dialect() {
            Dialect::Sqlite => "'a\"b\\c' || char(10, 1)",
            Dialect::Postgres => "'a\"b\\c' || chr(10) || chr(1)",
            Dialect::Mariadb => "CONCAT('a\"b\\\\c', CHAR(10, 1 USING utf8mb4))",
        };
        let case = Case {
            code: None,
            probe: (
                Who::Staff,
                "{ products(first: 3) { nodes { name status } } }",
            ),
            ..disguised("a word that no enum has", "status", value, "true")
        };
        service.suffer(&case).await;
        service.remove().await;
    }
}

#[tokio::test]
async fn an_account_of_no_role_that_is_known_tells_nothing() {
    for service in Service::on_every_database().await {
        let (breaks, mends) = match service.dialect() {
            Dialect::Sqlite => (
                "PRAGMA ignore_check_constraints = ON; \
                 UPDATE users SET role = 'captain' WHERE email = 'alan@example.com'",
                "PRAGMA ignore_check_constraints = OFF",
            ),
            Dialect::Postgres => (
                "ALTER TABLE users DROP CONSTRAINT users_role_check; \
                 UPDATE users SET role = 'captain' WHERE email = 'alan@example.com'",
                "SELECT 1",
            ),
            Dialect::Mariadb => (
                "SET check_constraint_checks = OFF; \
                 UPDATE users SET role = 'captain' WHERE email = 'alan@example.com'",
                "SET check_constraint_checks = ON",
            ),
        };
        let back = "UPDATE users SET role = 'customer' WHERE email = 'alan@example.com'";
        let case = Case {
            name: "a role that is none",
            breaks: breaks.to_owned(),
            mends: format!("{back}; {mends}"),
            probe: (Who::Anonymous, LOG_IN),
            code: Some("INTERNAL_SERVER_ERROR"),
        };
        service.suffer(&case).await;
        service.remove().await;
    }
}
