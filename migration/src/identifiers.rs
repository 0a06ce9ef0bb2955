//! Names in statements: how they are written, and what constraints are called.

use sea_orm_migration::sea_orm::DbBackend;

/// How long a name may be, in bytes. PostgreSQL cuts longer ones off, MariaDB refuses more than 64
/// characters.
const LONGEST: usize = 63;

/// A name as it stands in a statement, whatever word it is.
pub(crate) fn quoted(name: &str, backend: DbBackend) -> String {
    let mark = if backend == DbBackend::MySql {
        '`'
    } else {
        '"'
    };
    let within = name.replace(mark, &format!("{mark}{mark}"));
    format!("{mark}{within}{mark}")
}

/// Names as [`quoted`], with commas between.
pub(crate) fn quoted_list(names: &[&str], backend: DbBackend) -> String {
    let names = names.iter().map(|name| quoted(name, backend));
    names.collect::<Vec<_>>().join(", ")
}

/// What a constraint or an index over columns of a table is called: always the same. What is too long
/// ends in a number that is made of all of it.
pub(crate) fn constraint(table: &str, columns: &[&str], suffix: &str) -> String {
    let name = format!("{table}_{}_{suffix}", columns.join("_"));
    if name.len() <= LONGEST {
        return name;
    }
    let end = format!("_{:08x}_{suffix}", hash(&name));
    let begin = name.floor_char_boundary(LONGEST - end.len());
    format!("{}{end}", &name[..begin])
}

/// FNV-1a: <https://www.rfc-editor.org/rfc/rfc9923>.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_with_what_the_database_quotes_with() {
        assert_eq!(quoted("order", DbBackend::Postgres), r#""order""#);
        assert_eq!(quoted("a\"b", DbBackend::Sqlite), r#""a""b""#);
        assert_eq!(quoted("a`b", DbBackend::MySql), "`a``b`");
        assert_eq!(quoted_list(&["a", "b"], DbBackend::MySql), "`a`, `b`");
    }

    #[test]
    fn short_names_of_constraints_stay_whole() {
        assert_eq!(
            constraint("products", &["created_at", "id"], "idx"),
            "products_created_at_id_idx"
        );
        let whole = constraint(&"t".repeat(53), &["abcd"], "fkey");
        assert_eq!(whole.len(), LONGEST);
        assert!(whole.ends_with("_abcd_fkey"), "{whole}");
    }

    #[test]
    fn long_names_of_constraints_are_cut_and_still_differ() {
        let table = "customer_support_ticket_attachments";
        let name = |column| constraint(table, &[column, "created_at", "id"], "idx");
        assert_eq!(
            name("customer_support_ticket_message_id"),
            "customer_support_ticket_attachments_customer_suppo_0a749f54_idx"
        );
        assert_ne!(
            name("customer_support_ticket_message_id"),
            name("customer_support_ticket_author_id")
        );
        for letters in 50..70 {
            let name = constraint(&"ä".repeat(letters), &["b"], "fkey");
            assert!(name.len() <= LONGEST, "{name}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_specification() {
        assert_eq!(hash(""), 0x811c_9dc5);
        assert_eq!(hash("a"), 0xe40c_292c);
        assert_eq!(hash("foobar"), 0xbf9c_f968);
    }
}
