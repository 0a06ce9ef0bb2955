use super::check::CatalogError;
use super::declaration::Declaration;
use super::model::{Entity, Kind};
use crate::access::Rule;

/// Refuses entities, fields and relations that are declared twice.
pub(super) fn refuse_twice(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    for (place, declaration) in declarations.iter().enumerate() {
        let twice = declarations[..place]
            .iter()
            .any(|other| other.name == declaration.name || other.table == declaration.table);
        if twice {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: "is declared twice; keep one".to_owned(),
            });
        }
        if declaration.accounts && declarations[..place].iter().any(|other| other.accounts) {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: "those who sign in are declared already; keep one .accounts()".to_owned(),
            });
        }
        let mut names: Vec<_> = declaration
            .fields
            .iter()
            .map(|field| &field.name)
            .chain(declaration.relations.iter().map(|relation| &relation.name))
            .collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: format!("names {} twice; keep one", pair[0]),
            });
        }
    }
}

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

/// The names of fields that rows and groups have besides their own.
const RESERVED: [&str; 10] = [
    "and", "count", "key", "matching", "not", "or", "previous", "rowId", "rows", "share",
];

/// The same of rows that make a tree.
const RESERVED_IN_TREES: [&str; 4] = ["ancestors", "atLevel", "descendants", "inSubtreeOf"];

/// Refuses types and fields that would have one name: of two, one would
/// silently replace the other.
pub(super) fn refuse_clashes(entities: &[Entity], errors: &mut Vec<CatalogError>) {
    let mut types: Vec<String> = [
        "DatePart",
        "DateUnit",
        "GroupBy",
        "JSONFacets",
        "JSONOrder",
        "Node",
        "OrderDirection",
        "PageInfo",
        "PercentileHaving",
        "PercentileOrder",
        "Query",
        "TimePart",
        "TimeUnit",
        "Weekday",
    ]
    .map(str::to_owned)
    .into();
    for scalar in SCALARS {
        types.extend(["", "GroupBy", "GroupKey"].map(|part| format!("{scalar}{part}")));
        types.extend(OF_VALUES.map(|part| format!("{scalar}{part}")));
    }
    let mut roots: Vec<String> = ["node", "nodes"].map(str::to_owned).into();
    let mut enumerations: Vec<&str> = Vec::new();
    for entity in entities {
        let mut names: Vec<_> = OF_ENTITIES
            .iter()
            .map(|part| format!("{}{part}", entity.name))
            .collect();
        names.extend(of_writes(entity));
        for column in &entity.columns {
            if let Kind::Enum(enumeration) = &column.kind
                && !enumerations.contains(&enumeration.name.as_str())
            {
                enumerations.push(&enumeration.name);
                names.push(enumeration.name.clone());
                names.extend(OF_VALUES.map(|part| format!("{}{part}", enumeration.name)));
            }
        }
        let fields = [
            entity.singular_field.clone(),
            entity.plural_field.clone(),
            format!("{}Aggregate", entity.singular_field),
            format!("{}Groups", entity.singular_field),
        ];
        let reserved = entity
            .fields
            .iter()
            .map(|field| &field.name)
            .chain(entity.relations.iter().map(|relation| &relation.name))
            .filter(|name| {
                RESERVED.contains(&name.as_str())
                    || name.ends_with("Aggregate")
                    || name.ends_with("Groups")
                    || name.starts_with("__")
                    || entity.tree.is_some() && RESERVED_IN_TREES.contains(&name.as_str())
            });
        let clash = names
            .iter()
            .find(|name| types.contains(name))
            .or_else(|| fields.iter().find(|name| roots.contains(name)))
            .or_else(|| reserved.into_iter().next());
        if let Some(clash) = clash {
            errors.push(CatalogError {
                entity: entity.name.clone(),
                message: format!("needs the name {clash}, which is taken; choose another"),
            });
        }
        types.extend(names);
        roots.extend(fields);
    }
}

/// The types of what is written of an entity, whose names do not all begin with
/// its own.
fn of_writes(entity: &Entity) -> Vec<String> {
    let (one, many) = (&entity.name, &entity.plural);
    let mut names = vec![format!("Create{one}Input"), format!("Upsert{one}Payload")];
    for word in ["Create", "Update", "Delete"] {
        names.extend([one, many].map(|noun| format!("{word}{noun}Payload")));
    }
    for relation in &entity.relations {
        let (first, rest) = relation.name.split_at(1);
        let relation = format!("{one}{}{rest}", first.to_ascii_uppercase());
        names.extend(["Input", "CreateInput"].map(|end| format!("{relation}{end}")));
    }
    names
}

/// Refuses rules that lead through entities back to themselves: no row could
/// ever be decided.
pub(super) fn refuse_circles(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    fn targets(declaration: &Declaration) -> Vec<&str> {
        let mut tables = Vec::new();
        if let Some(rule) = &declaration.read {
            rule.walk(&mut |rule| {
                if let Rule::Through(reference) = rule {
                    tables.push(reference.table.as_str());
                }
            });
        }
        tables
    }
    for declaration in declarations {
        let mut reached = targets(declaration);
        let mut next = 0;
        while next < reached.len() {
            if let Some(other) = declarations
                .iter()
                .find(|other| other.table == reached[next])
            {
                for table in targets(other) {
                    if !reached.contains(&table) {
                        reached.push(table);
                    }
                }
            }
            next += 1;
        }
        if reached.contains(&declaration.table.as_str()) {
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: "is visible through itself; break the circle of through(…) rules"
                    .to_owned(),
            });
        }
    }
}
