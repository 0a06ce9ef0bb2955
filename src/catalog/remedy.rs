use sea_orm::ColumnType;

/// What to do about a key that the engine cannot handle.
pub(super) const UUID_KEY: &str = "give the table a unique column that is a UUID and make that \
                                   the entity's primary_key, as docs/your-own-tables.md shows";

/// What to do about an enum of the database.
pub(super) const TEXT_WITH_CHECK: &str = "store it as text with a CHECK";

/// What to do about a column whose type the engine cannot handle.
pub(super) fn remedy(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Decimal(_) | ColumnType::Money(_) => {
            "store it in whole minor units as a bigint, or as a double where it need not be exact"
        }
        ColumnType::Enum { .. } => "store it as text with a CHECK and name it in .enumeration",
        ColumnType::Float => "store it as a double, which compares with what is printed of it",
        ColumnType::Char(_) => "store it as a varchar, which no database pads with blanks",
        ColumnType::DateTime | ColumnType::Timestamp => {
            "store it with its time zone, or declare it as DateTimeUtc where it is a DATETIME of \
             MariaDB in UTC"
        }
        ColumnType::TinyUnsigned
        | ColumnType::SmallUnsigned
        | ColumnType::Unsigned
        | ColumnType::BigUnsigned => "store it with a sign",
        _ => "store it as text",
    }
}
