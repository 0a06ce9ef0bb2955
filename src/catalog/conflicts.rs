use super::check::CatalogError;
use super::declaration::Declaration;
use super::keys::mistaken_keys;
use super::model::{Entity, Enumeration, Writes};
use super::type_names;
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
        let fields = declaration.fields.iter();
        let fields = fields.map(|field| (&field.name, format!("column {}", field.column)));
        let relations = declaration.relations.iter();
        let relations =
            relations.map(|relation| (&relation.name, format!("relation {}", relation.name)));
        let mut names: Vec<_> = fields.chain(relations).collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let [(name, one), (_, other)] = pair else {
                continue;
            };
            errors.push(CatalogError {
                entity: declaration.name.clone(),
                message: if one == other {
                    format!("names {name} twice; keep one")
                } else {
                    format!(
                        "the {one} and the {other} would both be the field {name}; rename one, \
                         expose a generated column in its place, or leave it out"
                    )
                },
            });
        }
    }
}

/// Refuses types and fields that would have one name: of two, one would
/// silently replace the other.
pub(super) fn refuse_clashes(entities: &[Entity], errors: &mut Vec<CatalogError>) {
    let mut types = type_names::of_every_schema();
    let mut roots: Vec<String> = ["me", "node", "nodes"].map(str::to_owned).into();
    let mut enumerations: Vec<&Enumeration> = Vec::new();
    for entity in entities {
        let mut names = type_names::of_entity(entity);
        let mut other = None;
        for enumeration in type_names::enumerations(entity) {
            match enumerations
                .iter()
                .find(|known| known.name == enumeration.name)
            {
                None => {
                    enumerations.push(enumeration);
                    names.extend(type_names::of_enumeration(enumeration));
                }
                Some(known) if *known != enumeration => other = Some(&enumeration.name),
                Some(_) => {}
            }
        }
        let [aggregate, groups] = entity.statistics_fields();
        let fields = [
            entity.singular_field.clone(),
            entity.plural_field.clone(),
            aggregate,
            groups,
        ];
        let mut own = names.iter().enumerate();
        let clash = own
            .find(|(place, name)| types.contains(name) || names[..*place].contains(name))
            .map(|(_, name)| name)
            .or(other)
            .or_else(|| fields.iter().find(|name| roots.contains(name)));
        if let Some(clash) = clash {
            errors.push(CatalogError {
                entity: entity.name.clone(),
                message: format!("needs the name {clash}, which is taken; choose another"),
            });
        }
        if let Some(taken) = in_payloads(entity) {
            errors.push(CatalogError {
                entity: entity.name.clone(),
                message: format!(
                    "cannot be called so: what is told of its writes has a field {taken} already; \
                     choose another name"
                ),
            });
        }
        errors.extend(
            mistaken_keys(entity)
                .into_iter()
                .map(|message| CatalogError {
                    entity: entity.name.clone(),
                    message,
                }),
        );
        types.extend(names);
        roots.extend(fields);
    }
}

/// The field of a payload that has the name of the field with the row.
fn in_payloads(entity: &Entity) -> Option<&str> {
    let Writes {
        create,
        update,
        delete,
        keys,
        ..
    } = &entity.writes;
    let is_written = [create, update, delete].into_iter().any(Option::is_some);
    let is_upserted = create.is_some() && update.is_some() && !keys.is_empty();
    let name = entity.singular_field.as_str();
    (name == "userErrors" && is_written || name == "created" && is_upserted).then_some(name)
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
