use super::model::{Catalog, Entity, Enumeration, Kind};
use super::names::capitalised;

/// The types that are the same whatever is exposed, without those of scalars. A
/// test of `graphql::schema` holds them to what is registered.
pub(crate) const OF_EVERY_SCHEMA: [&str; 29] = [
    "ConflictError",
    "DatePart",
    "DateUnit",
    "GroupBy",
    "InvalidCredentialsError",
    "InvalidTransitionError",
    "JSONFacets",
    "JSONOrder",
    "Mutation",
    "Node",
    "NotAllowedError",
    "NotFoundError",
    "OrderDirection",
    "OutOfStockError",
    "PageInfo",
    "PercentileHaving",
    "PercentileOrder",
    "Query",
    "RateLimitedError",
    "RolledBackError",
    "SessionOverError",
    "StaleVersionError",
    "TimePart",
    "TimeUnit",
    "TooManyRowsError",
    "UserError",
    "UserErrorCode",
    "ValidationError",
    "Weekday",
];

/// What programs that read a schema take for the root of live queries.
const ROOT_OF_LIVE_QUERIES: &str = "Subscription";

/// The types of what is said of values of a type, by the ends of their names.
const OF_VALUES: [&str; 6] = [
    "Aggregate",
    "AggregateOrder",
    "Facet",
    "Filter",
    "Having",
    "Summary",
];

/// The scalars that columns become. Types of conditions and statistics are
/// named after them.
const SCALARS: [&str; 9] = [
    "BigInt", "Boolean", "Date", "DateTime", "Float", "ID", "Int", "JSON", "String",
];

/// The types of an entity, by the ends of their names.
const OF_ENTITIES: [&str; 23] = [
    "",
    "Aggregate",
    "AggregateOrder",
    "By",
    "Connection",
    "Edge",
    "Facet",
    "Facets",
    "Filter",
    "Group",
    "GroupBy",
    "GroupConnection",
    "GroupEdge",
    "GroupKey",
    "GroupKeyOrder",
    "GroupOrder",
    "Having",
    "Key",
    "ListFilter",
    "Order",
    "Patch",
    "Share",
    "Summary",
];

/// The types that there are, or may be, whatever is exposed.
pub(super) fn of_every_schema() -> Vec<String> {
    let mut names: Vec<String> = OF_EVERY_SCHEMA.map(str::to_owned).into();
    names.push(ROOT_OF_LIVE_QUERIES.to_owned());
    for scalar in SCALARS {
        names.extend(["", "GroupBy", "GroupKey"].map(|part| format!("{scalar}{part}")));
        names.extend(OF_VALUES.map(|part| format!("{scalar}{part}")));
    }
    names
}

/// The types of an entity, for those who may read and write all of it.
pub(super) fn of_entity(entity: &Entity) -> Vec<String> {
    let (one, many) = (&entity.name, &entity.plural);
    let mut names: Vec<_> = OF_ENTITIES
        .iter()
        .map(|part| format!("{one}{part}"))
        .collect();
    names.extend([format!("Create{one}Input"), format!("Upsert{one}Payload")]);
    for word in ["Create", "Update", "Delete"] {
        names.extend([one, many].map(|noun| format!("{word}{noun}Payload")));
    }
    for relation in &entity.relations {
        let relation = capitalised(&relation.name);
        names.extend(["Input", "CreateInput"].map(|end| format!("{one}{relation}{end}")));
    }
    names
}

/// The enums that columns of an entity hold.
pub(super) fn enumerations(entity: &Entity) -> impl Iterator<Item = &Enumeration> {
    entity
        .columns
        .iter()
        .filter_map(|column| match &column.kind {
            Kind::Enum(enumeration) => Some(enumeration.as_ref()),
            _ => None,
        })
}

/// The types of an enum.
pub(super) fn of_enumeration(enumeration: &Enumeration) -> Vec<String> {
    let ends = std::iter::once("").chain(OF_VALUES);
    ends.map(|end| format!("{}{end}", enumeration.name))
        .collect()
}

impl Catalog {
    /// Whether a type of that name is in a schema, or may be, without what is
    /// written by hand.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        let entities = self.entities.iter();
        let mut names = entities.flat_map(|entity| {
            let enumerations = enumerations(entity).flat_map(of_enumeration);
            of_entity(entity).into_iter().chain(enumerations)
        });
        of_every_schema().iter().any(|known| known == name) || names.any(|known| known == name)
    }
}
