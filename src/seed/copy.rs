//! PostgreSQL's `COPY`, the fastest way in; see its manual for the text format.

use sea_orm::sea_query::Value;
use sea_orm::sqlx::{self, AssertSqlSafe, Executor as _, Postgres, Transaction};
use sea_orm::{EntityTrait, IdenStatic as _, Iterable as _, ModelTrait as _};
use std::fmt::{self, Write as _};

/// Empties the tables.
pub(super) async fn truncate(
    transaction: &mut Transaction<'static, Postgres>,
    tables: &[&str],
) -> Result<(), sqlx::Error> {
    let statement = format!("TRUNCATE {}", tables.join(", "));
    transaction.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

/// Appends rows to the table of their entity.
pub(super) async fn rows<E: EntityTrait>(
    transaction: &mut Transaction<'static, Postgres>,
    rows: &[E::Model],
) -> Result<(), sqlx::Error> {
    let columns: Vec<&str> = E::Column::iter().map(|column| column.as_str()).collect();
    let table = E::default().table_name();
    let statement = format!("COPY {table} (\"{}\") FROM STDIN", columns.join("\", \""));
    let text = text::<E>(rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let mut copy = transaction.copy_in_raw(&statement).await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Rows in the text format, in the order of the entity's columns.
pub(super) fn text<E: EntityTrait>(rows: &[E::Model]) -> Result<String, fmt::Error> {
    let mut text = String::with_capacity(rows.len() * 400);
    for row in rows {
        for (position, column) in E::Column::iter().enumerate() {
            if position > 0 {
                text.push('\t');
            }
            field(&mut text, &row.get(column))?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// One value; an error for types that no table has.
fn field(text: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::Int(Some(number)) => write!(text, "{number}"),
        Value::BigInt(Some(number)) => write!(text, "{number}"),
        Value::Uuid(Some(id)) => write!(text, "{id}"),
        Value::ChronoDateTimeUtc(Some(at)) => {
            write!(text, "{}", at.format("%Y-%m-%d %H:%M:%S%.6f+00"))
        }
        Value::String(Some(string)) => escaped(text, string),
        Value::Json(Some(json)) => escaped(text, &json.to_string()),
        Value::Int(None)
        | Value::BigInt(None)
        | Value::Uuid(None)
        | Value::ChronoDateTimeUtc(None)
        | Value::String(None)
        | Value::Json(None) => text.write_str("\\N"),
        _ => Err(fmt::Error),
    }
}

fn escaped(text: &mut String, string: &str) -> fmt::Result {
    for character in string.chars() {
        match character {
            '\\' => text.write_str("\\\\")?,
            '\t' => text.write_str("\\t")?,
            '\n' => text.write_str("\\n")?,
            '\r' => text.write_str("\\r")?,
            other => text.write_char(other)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::field;
    use sea_orm::sea_query::Value;

    #[test]
    fn fields_survive_tabs_line_ends_and_backslashes() {
        let written = |value: Value| {
            let mut text = String::new();
            field(&mut text, &value).expect("a type that tables have");
            text
        };
        assert_eq!(written("a\tb\\N\r\n".into()), r"a\tb\\N\r\n");
        assert_eq!(written(Value::String(None)), r"\N");
        assert_eq!(
            written(serde_json::json!({"a": "\\\""}).into()),
            r#"{"a":"\\\\\\""}"#
        );
    }
}
