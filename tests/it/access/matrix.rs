//! Who may read what: each cell of the table that `purser access` prints is
//! asked for on every path on which a field can be named.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::ColumnType;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Actor, TestApp};
use crate::generated::rules::{Knowledge, Viewer};
use crate::generated::servers::Caller;
use crate::generated::shop::{Cell, Shop, moment_text};

/// An entity, and how other rows lead to its own.
struct Entity {
    table: &'static str,
    type_name: &'static str,
    one: &'static str,
    many: &'static str,
    /// A path on which its rows are read through a relation, `#` in place of
    /// what is read of them.
    related: &'static str,
    /// A list that is filtered by its fields through a relation, `#` in place of
    /// the condition.
    filtered: &'static str,
    /// How that relation goes: from the rows of a table by a column to ours, or
    /// by a column of ours to theirs.
    by: By,
}

enum By {
    Theirs(&'static str, &'static str),
    Ours(&'static str, &'static str),
}

const ENTITIES: [Entity; 8] = [
    Entity {
        table: "users",
        type_name: "User",
        one: "user",
        many: "users",
        related: "{ reviews(first: 50) { nodes { author { # } } } }",
        filtered: "reviews(filter: { author: { # } })",
        by: By::Theirs("reviews", "author_id"),
    },
    Entity {
        table: "categories",
        type_name: "Category",
        one: "category",
        many: "categories",
        related: "{ products(first: 50) { nodes { category { # } } } }",
        filtered: "products(filter: { category: { # } })",
        by: By::Theirs("products", "category_id"),
    },
    Entity {
        table: "products",
        type_name: "Product",
        one: "product",
        many: "products",
        related: "{ reviews(first: 50) { nodes { product { # } } } }",
        filtered: "reviews(filter: { product: { # } })",
        by: By::Theirs("reviews", "product_id"),
    },
    Entity {
        table: "reviews",
        type_name: "Review",
        one: "review",
        many: "reviews",
        related: "{ products(first: 20) { nodes { reviews(first: 5) { nodes { # } } } } }",
        filtered: "products(filter: { reviews: { some: { # } } })",
        by: By::Ours("product_id", "products"),
    },
    Entity {
        table: "orders",
        type_name: "Order",
        one: "order",
        many: "orders",
        related: "{ users(first: 50) { nodes { orders(first: 5) { nodes { # } } } } }",
        filtered: "users(filter: { orders: { some: { # } } })",
        by: By::Ours("customer_id", "users"),
    },
    Entity {
        table: "order_items",
        type_name: "OrderItem",
        one: "orderItem",
        many: "orderItems",
        related: "{ orders(first: 20) { nodes { items(first: 5) { nodes { # } } } } }",
        filtered: "orders(filter: { items: { some: { # } } })",
        by: By::Ours("order_id", "orders"),
    },
    Entity {
        table: "sessions",
        type_name: "Session",
        one: "session",
        many: "sessions",
        related: "{ users(first: 50) { nodes { sessions(first: 5) { nodes { # } } } } }",
        filtered: "users(filter: { sessions: { some: { # } } })",
        by: By::Ours("user_id", "users"),
    },
    Entity {
        table: "audit_entries",
        type_name: "AuditEntry",
        one: "auditEntry",
        many: "auditEntries",
        related: "{ users(first: 50) { nodes { auditEntries(first: 5) { nodes { # } } } } }",
        filtered: "users(filter: { auditEntries: { some: { # } } })",
        by: By::Ours("actor_id", "users"),
    },
];

#[tokio::test]
async fn every_cell_holds_on_every_path() {
    let app = TestApp::sqlite().await;
    let shop = Shop::load(app.database().orm()).await;
    let mut cells = 0;
    for caller in Caller::ALL {
        let actor = app.actor(caller.name()).await;
        let viewer = Viewer::of(&app, caller).await;
        let knowledge = viewer.knowledge(&shop);
        for entity in &ENTITIES {
            for column in &shop.table(entity.table).columns {
                // References are read as what they lead to, and keys are ids.
                if column.kind == ColumnType::Uuid && column.name != "id" {
                    continue;
                }
                let place = Place {
                    actor: &actor,
                    entity,
                    column: column.name,
                    kind: &column.kind,
                    knowledge: &knowledge,
                };
                place.check().await;
                cells += 1;
            }
        }
    }
    assert!(cells > 250, "{cells}");
}

/// A cell of the table.
struct Place<'t> {
    actor: &'t Actor<'t>,
    entity: &'t Entity,
    column: &'static str,
    kind: &'t ColumnType,
    knowledge: &'t Knowledge<'t>,
}

impl Place<'_> {
    async fn check(&self) {
        let known = self.known();
        if known.values().all(Option::is_none) {
            self.is_nowhere().await;
        } else {
            self.is_read_where_it_may_be(&known).await;
            if !matches!(self.kind, ColumnType::Json) {
                self.is_compared_where_it_may_be(&known).await;
            }
        }
    }

    /// The rows that are there, with what may be read of the column.
    fn known(&self) -> BTreeMap<Uuid, Option<&Cell>> {
        let rows = self.knowledge[self.entity.table].iter();
        let value = |cells: &[(&'static str, &'_ Cell)]| {
            cells.iter().position(|(name, _)| *name == self.column)
        };
        rows.map(|(id, cells)| (*id, value(cells).map(|place| cells[place].1)))
            .collect()
    }

    fn field(&self) -> String {
        let mut words = self.column.split('_');
        let first = words.next().unwrap().to_owned();
        words.fold(first, |name, word| {
            let (head, rest) = word.split_at(1);
            name + &head.to_uppercase() + rest
        })
    }

    /// The documents that name the field on each path.
    fn documents(&self, id: &str) -> [String; 7] {
        let Entity {
            one,
            many,
            related,
            filtered,
            type_name,
            ..
        } = self.entity;
        let field = self.field();
        let key = match self.kind {
            ColumnType::TimestampWithTimeZone => "{ unit: YEAR }",
            ColumnType::Integer | ColumnType::BigInteger => "{}",
            _ => "VALUE",
        };
        let value = match self.kind {
            ColumnType::TimestampWithTimeZone => "start",
            ColumnType::Integer | ColumnType::BigInteger => "value",
            _ => "",
        };
        let counted = match field.as_str() {
            "id" => "rowId",
            name => name,
        };
        let told = if value.is_empty() {
            counted.to_owned()
        } else {
            format!("{counted} {{ {value} }}")
        };
        [
            format!("{{ {many}(first: 100) {{ nodes {{ id {field} }} }} }}"),
            format!("{{ {one}(by: {{ id: \"{id}\" }}) {{ id {field} }} }}"),
            format!("{{ node(id: \"{id}\") {{ ... on {type_name} {{ id {field} }} }} }}"),
            related.replace('#', &format!("id {field}")),
            format!(
                "{{ {} {{ totalCount }} }}",
                filtered.replace('#', &format!("{field}: {{ isNull: false }}"))
            ),
            format!(
                "{{ {many}(first: 100, orderBy: [{{ {field}: ASC_NULLS_FIRST }}]) {{ nodes {{ id \
                 }} }} }}"
            ),
            format!(
                "{{ {one}Groups(by: [{{ {counted}: {key} }}]) {{ totalCount nodes {{ key {{ {told} \
                 }} }} }} }}"
            ),
        ]
    }

    /// On none of the paths is there such a field.
    async fn is_nowhere(&self) {
        let id = format!("{}_{}", self.entity.one, Uuid::nil().simple());
        for document in self.documents(&id) {
            let reply = self.actor.query(&document).await;
            assert_eq!(
                reply.code_of_first(),
                "GRAPHQL_VALIDATION_FAILED",
                "{document}"
            );
        }
    }

    async fn is_read_where_it_may_be(&self, known: &BTreeMap<Uuid, Option<&Cell>>) {
        // One row that tells, and one that does not, if there is any.
        let telling = known.iter().find(|(_, cell)| cell.is_some());
        let silent = known.iter().find(|(_, cell)| cell.is_none());
        for (id, _) in telling.into_iter().chain(silent) {
            let id = format!("{}_{}", self.entity.one, id.simple());
            let [list, get, node, related, ..] = self.documents(&id);
            for document in [list, get, node, related] {
                let data = self.actor.query(&document).await.data();
                let mut rows = Vec::new();
                gather(&data, &mut rows);
                assert!(!rows.is_empty(), "{document}: {data}");
                for row in rows {
                    let (_, key) = row["id"].as_str().unwrap().split_once('_').unwrap();
                    let cell = known[&key.parse::<Uuid>().unwrap()];
                    let expected = cell.map_or(Value::Null, |cell| self.printed(cell));
                    assert_eq!(row[&self.field()], expected, "{document}: {key}");
                }
            }
        }
    }

    async fn is_compared_where_it_may_be(&self, known: &BTreeMap<Uuid, Option<&Cell>>) {
        let id = format!("{}_{}", self.entity.one, Uuid::nil().simple());
        let [.., filtered, ordered, grouped] = self.documents(&id);
        let told = |cell: Option<&Cell>| cell.is_some_and(|cell| *cell != Cell::Null);

        let data = self.actor.query(&filtered).await.data();
        let (_, list) = data.as_object().unwrap().iter().next().unwrap();
        assert_eq!(list["totalCount"], self.led_to(known), "{filtered}");

        let data = self.actor.query(&ordered).await.data();
        let nodes = data[self.entity.many]["nodes"].as_array().unwrap().clone();
        let nulls = known.values().filter(|cell| !told(**cell)).count();
        for (place, node) in nodes.iter().enumerate() {
            let (_, key) = node["id"].as_str().unwrap().split_once('_').unwrap();
            let cell = known[&key.parse::<Uuid>().unwrap()];
            assert_eq!(told(cell), place >= nulls, "{ordered}: {place}");
        }

        if !matches!(self.kind, ColumnType::TimestampWithTimeZone) {
            let data = self.actor.query(&grouped).await.data();
            let values = known.values().map(|cell| match cell {
                Some(cell) if **cell != Cell::Null => self.printed(cell).to_string(),
                _ => String::new(),
            });
            let distinct: BTreeSet<_> = values.collect();
            let groups = &data[format!("{}Groups", self.entity.one)];
            assert_eq!(groups["totalCount"], distinct.len(), "{grouped}");
        }
    }

    /// How many rows a condition through the relation leads to.
    fn led_to(&self, known: &BTreeMap<Uuid, Option<&Cell>>) -> usize {
        let meets = |id: &Uuid| {
            let cell = known.get(id).copied().flatten();
            cell.is_some_and(|cell| *cell != Cell::Null)
        };
        let reference = |cells: &[(&'static str, &Cell)], column: &str| {
            let found = cells.iter().find(|(name, _)| *name == column);
            found.and_then(|(_, cell)| cell.id())
        };
        match self.entity.by {
            By::Theirs(table, column) => {
                let rows = self.knowledge[table].values();
                rows.filter(|cells| reference(cells, column).is_some_and(|id| meets(&id)))
                    .count()
            }
            By::Ours(column, table) => {
                let rows = self.knowledge[self.entity.table].iter();
                let parents = rows
                    .filter(|(id, _)| meets(id))
                    .filter_map(|(_, cells)| reference(cells, column))
                    .filter(|id| self.knowledge[table].contains_key(id));
                parents.collect::<BTreeSet<_>>().len()
            }
        }
    }

    fn printed(&self, cell: &Cell) -> Value {
        let closed = matches!(
            (self.entity.table, self.column),
            (_, "status") | ("users", "role")
        );
        match cell {
            Cell::Null => Value::Null,
            Cell::Integer(number) => json!(number),
            Cell::Text(text) if closed => json!(text.to_uppercase()),
            Cell::Text(text) => json!(text),
            Cell::Id(id) => json!(format!("{}_{}", self.entity.one, id.simple())),
            Cell::Moment(moment) => json!(moment_text(*moment)),
            Cell::Json(document) => document.clone(),
        }
    }
}

/// Every object with an id within an answer.
fn gather<'a>(data: &'a Value, rows: &mut Vec<&'a Value>) {
    match data {
        Value::Object(members) => {
            if members.contains_key("id") {
                rows.push(data);
            }
            members.values().for_each(|member| gather(member, rows));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, rows)),
        _ => {}
    }
}
