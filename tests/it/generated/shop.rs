//! All rows of a database in memory, hidden ones too, as the entities read
//! them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{
    audit_entry, category, idempotency_key, order, order_item, outbox, product, review, session,
    user,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait as _, ColumnType, DatabaseConnection,
    EntityTrait, IdenStatic as _, Iterable as _, ModelTrait as _, Value,
};
use serde_json::Value as Json;
use uuid::Uuid;

/// The value of a column in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Id(Uuid),
    Moment(DateTime<Utc>),
    Json(Json),
}

/// A row by the names of its columns.
pub type Record = BTreeMap<&'static str, Cell>;

/// A column as its entity declares it.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
    pub nullable: bool,
    pub unique: bool,
}

/// The rows of a table.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    pub rows: BTreeMap<Uuid, Record>,
    /// By column and id, the rows that refer to a row of that id.
    referring: HashMap<&'static str, HashMap<Uuid, Vec<Uuid>>>,
}

/// The rows of every table.
#[derive(Clone, Debug)]
pub struct Shop {
    tables: BTreeMap<&'static str, Table>,
}

impl Shop {
    /// Reads all tables that there is an entity for.
    pub async fn load(db: &DatabaseConnection) -> Self {
        Self::of([
            Table::load::<user::Entity>(db).await,
            Table::load::<category::Entity>(db).await,
            Table::load::<product::Entity>(db).await,
            Table::load::<review::Entity>(db).await,
            Table::load::<order::Entity>(db).await,
            Table::load::<order_item::Entity>(db).await,
            Table::load::<session::Entity>(db).await,
            Table::load::<audit_entry::Entity>(db).await,
            Table::load::<idempotency_key::Entity>(db).await,
            Table::load::<outbox::Entity>(db).await,
        ])
    }

    pub fn of(tables: impl IntoIterator<Item = Table>) -> Self {
        let tables = tables.into_iter().map(|table| (table.name, table));
        Self {
            tables: tables.collect(),
        }
    }

    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    #[track_caller]
    pub fn table(&self, name: &str) -> &Table {
        self.tables
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not loaded; add it to Shop::load in {}", file!()))
    }

    pub fn row(&self, table: &str, id: Uuid) -> Option<&Record> {
        self.table(table).rows.get(&id)
    }

    /// The row that a column of another refers to.
    pub fn referred(&self, table: &str, reference: &Cell) -> Option<&Record> {
        self.row(table, reference.id()?)
    }

    /// The rows of a table whose column refers to a row of that id.
    pub fn referring(
        &self,
        table: &str,
        column: &str,
        id: Uuid,
    ) -> impl Iterator<Item = &Record> + use<'_> {
        let table = self.table(table);
        let ids = table.referring.get(column).and_then(|by| by.get(&id));
        ids.into_iter().flatten().map(|id| &table.rows[id])
    }
}

impl Table {
    async fn load<E>(db: &DatabaseConnection) -> Self
    where
        E: EntityTrait,
        E::Model: Sync,
    {
        let columns = E::Column::iter().map(|column| {
            let definition = column.def();
            Column {
                name: column.as_str(),
                kind: definition.get_column_type().clone(),
                nullable: definition.is_null(),
                unique: definition.is_unique(),
            }
        });
        let rows = E::find().all(db).await.unwrap();
        let rows = rows.into_iter().map(|row| {
            let cells = E::Column::iter();
            let record = cells.map(|column| (column.as_str(), Cell::new(row.get(column))));
            record.collect()
        });
        Self::new(E::default().table_name(), columns.collect(), rows)
    }

    pub fn new(
        name: &'static str,
        columns: Vec<Column>,
        rows: impl IntoIterator<Item = Record>,
    ) -> Self {
        let mut table = Self {
            name,
            columns,
            rows: BTreeMap::new(),
            referring: HashMap::new(),
        };
        for row in rows {
            let id = id_of(&row);
            for (column, cell) in &row {
                if let Some(other) = cell.id() {
                    let by = table.referring.entry(column).or_default();
                    by.entry(other).or_default().push(id);
                }
            }
            table.rows.insert(id, row);
        }
        table
    }

    /// The same table with other rows.
    pub fn with(&self, rows: impl IntoIterator<Item = Record>) -> Self {
        Self::new(self.name, self.columns.clone(), rows)
    }
}

/// The key of a row.
pub fn id_of(row: &Record) -> Uuid {
    row["id"].id().unwrap()
}

impl Cell {
    fn new(value: Value) -> Self {
        match value {
            Value::Int(Some(number)) => Self::Integer(number.into()),
            Value::BigInt(Some(number)) => Self::Integer(number),
            Value::String(Some(text)) => Self::Text(text),
            Value::Uuid(Some(id)) => Self::Id(id),
            Value::ChronoDateTimeUtc(Some(moment)) => Self::Moment(moment),
            Value::Json(Some(json)) => Self::Json(*json),
            Value::Int(None)
            | Value::BigInt(None)
            | Value::String(None)
            | Value::Uuid(None)
            | Value::ChronoDateTimeUtc(None)
            | Value::Json(None) => Self::Null,
            other => panic!("no cell for {other:?}"),
        }
    }

    /// The value for a column of that type.
    fn value(&self, kind: &ColumnType) -> Value {
        match (self, kind) {
            (Self::Integer(number), ColumnType::Integer) => i32::try_from(*number).unwrap().into(),
            (Self::Integer(number), _) => (*number).into(),
            (Self::Text(text), _) => text.clone().into(),
            (Self::Id(id), _) => (*id).into(),
            (Self::Moment(moment), _) => (*moment).into(),
            (Self::Json(json), _) => json.clone().into(),
            (Self::Null, ColumnType::Integer) => Value::Int(None),
            (Self::Null, ColumnType::BigInteger) => Value::BigInt(None),
            (Self::Null, ColumnType::Uuid) => Value::Uuid(None),
            (Self::Null, ColumnType::TimestampWithTimeZone) => Value::ChronoDateTimeUtc(None),
            (Self::Null, ColumnType::Json) => Value::Json(None),
            (Self::Null, _) => Value::String(None),
        }
    }

    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// A moment as answers have it.
pub fn moment_text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A row as it is written to its table; only the columns that are in it.
pub fn active<E>(row: &Record) -> E::ActiveModel
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior,
{
    let mut model = <E::ActiveModel as ActiveModelTrait>::default();
    for column in E::Column::iter() {
        if let Some(cell) = row.get(column.as_str()) {
            let kind = column.def().get_column_type().clone();
            model.set(column, cell.value(&kind));
        }
    }
    model
}
