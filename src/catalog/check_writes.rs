use super::check::Check;
use super::model::{Column, Field, Input, Kind, Relation, RelationKind, Writes};
use super::writes::DeclaredInput;

impl Check<'_> {
    /// How rows are written.
    pub(super) fn writes(
        &mut self,
        columns: &[Column],
        fields: &[Field],
        relations: &[Relation],
    ) -> Writes {
        let declaration = self.declaration;
        let declared = &declaration.writes;
        let rules = [&declared.create, &declared.update, &declared.delete];
        for rule in rules.into_iter().flatten() {
            self.rule(rule, columns);
        }
        let mut inputs: Vec<Input> = Vec::with_capacity(declared.inputs.len());
        for input in &declared.inputs {
            if let Some(input) = self.input(input, columns, fields, relations) {
                if inputs.iter().any(|known| known.column == input.column) {
                    self.refuse(format!("takes {} twice; keep one input", input.name));
                }
                inputs.push(input);
            }
        }
        if !inputs.is_empty() && declared.create.is_none() && declared.update.is_none() {
            self.refuse("takes inputs that nobody may give; add .create(…) or .update(…)");
        }
        let many = |relation: &Relation| relation.kind == RelationKind::ToMany;
        if declared.create.is_some() && declared.inputs.is_empty() && !relations.iter().any(many) {
            self.refuse(
                "makes rows of which nothing is given; name a column in .inputs, or leave out \
                 .create",
            );
        }
        let changeable = declared.inputs.iter().any(|input| !input.once);
        if declared.update.is_some() && !changeable && !relations.iter().any(many) {
            self.refuse(
                "changes rows of which nothing can be changed; leave out .once() of an input, or \
                 leave out .update",
            );
        }
        let writes = Writes {
            create: declared.create.clone(),
            update: declared.update.clone(),
            delete: declared.delete.clone(),
            keys: self.unique_keys(columns),
            created_by: self.set(declared.created_by.as_ref(), columns, &Kind::Uuid),
            created_at: self.set(declared.created_at.as_ref(), columns, &Kind::DateTime),
            updated_at: self.set(declared.updated_at.as_ref(), columns, &Kind::DateTime),
            version: self.set(declared.version.as_ref(), columns, &Kind::BigInt),
            inputs,
        };
        if let Some(place) = writes.version {
            if !fields.iter().any(|field| field.column == place) {
                self.refuse("counts versions in a column that is not exposed; name it in .fields");
            }
            // What is null is neither counted nor told from another version.
            if columns[place].nullable {
                self.refuse(format!(
                    "counts versions in {}, which may be null; make it NOT NULL, and 1 in the rows \
                     that are there",
                    columns[place].name
                ));
            }
        }
        self.no_input_is_set(&writes, columns);
        if writes.create.is_some() {
            self.every_column_has_a_value(&writes, columns);
        }
        writes
    }

    fn input(
        &mut self,
        input: &DeclaredInput,
        columns: &[Column],
        fields: &[Field],
        relations: &[Relation],
    ) -> Option<Input> {
        for fault in &input.faults {
            self.refuse(format!("the pattern of {fault}"));
        }
        self.rule(&input.rule, columns);
        let name = &input.column;
        let place = columns.iter().position(|column| column.name == *name);
        let place = place.or_else(|| {
            self.refuse(format!("takes {name}, whose type cannot be given"));
            None
        })?;
        let column = &columns[place];
        if column.filled && input.default.is_none() && self.declaration.writes.create.is_some() {
            let remedy = match column.kind {
                Kind::Uuid | Kind::DateTime | Kind::Date => {
                    "leave out the input, or the default in the entity, so that every new row is \
                     given one"
                }
                _ => "give the input the same .default(…)",
            };
            self.refuse(format!(
                "takes {name}, for which the database has a value of its own that new rows would \
                 not get; {remedy}"
            ));
        }
        if self.declaration.key.contains(name) {
            self.refuse(format!(
                "takes {name}, which the server gives; leave it out"
            ));
            return None;
        }
        let referring = relations.iter().position(|relation| {
            relation.kind == RelationKind::ToOne && relation.refers && relation.from == place
        });
        let (name, description, relation) = if let Some(place) = referring {
            let relation = &relations[place];
            self.can_refer(column, relation);
            self.checks(input, column, false);
            (&relation.name, &relation.description, Some(place))
        } else if self.declaration.references.contains(name) {
            self.refuse(format!(
                "takes {name}, which refers to a row by no exposed relation; name that in \
                 .relations"
            ));
            return None;
        } else if column.kind == Kind::Uuid {
            self.refuse(format!(
                "takes {name}, which holds a UUID, but only references may be given; declare the \
                 relation by which it refers to another row, or leave it out"
            ));
            return None;
        } else {
            let field = fields.iter().find(|field| field.column == place);
            let field = field.or_else(|| {
                self.refuse(format!(
                    "takes {name}, which is not exposed; name it in .fields"
                ));
                None
            })?;
            self.checks(input, column, true);
            (&field.name, &field.description, None)
        };
        Some(Input {
            name: name.clone(),
            description: description.clone(),
            column: place,
            relation,
            once: input.once,
            rule: input.rule.clone(),
            default: input.default.clone(),
            checks: input.checks.clone(),
        })
    }

    /// Refuses a reference that not every row can be given.
    fn can_refer(&mut self, column: &Column, relation: &Relation) {
        let (name, other) = (&column.name, &self.all[relation.target]);
        let readable = other.columns.iter();
        let mut readable = readable.filter_map(|(_, column)| column.as_ref().ok());
        let Some(to) = readable.nth(relation.to) else {
            return;
        };
        let reason = if !matches!(
            column.kind,
            Kind::Uuid | Kind::BigInt | Kind::Int | Kind::Text
        ) {
            "refers to a row by something else than a UUID, a whole number or a text; leave it out"
                .to_owned()
        } else if to.nullable {
            format!(
                "refers to a row by {}, which may be null; make that NOT NULL, or leave it out",
                to.name
            )
        } else if !holds_all_of(column, to) {
            format!(
                "holds less than {}, by which it refers to a row; give both columns the same type",
                to.name
            )
        } else {
            return;
        };
        self.refuse(format!("takes {name}, which {reason}"));
    }

    /// The place of a column that the server sets.
    fn set(&mut self, name: Option<&String>, columns: &[Column], kind: &Kind) -> Option<usize> {
        let name = name?;
        let place = columns
            .iter()
            .position(|column| column.name == *name && column.kind == *kind);
        if place.is_none() {
            let needed = match kind {
                Kind::Uuid => "a UUID",
                Kind::DateTime => "a moment with its time zone (DateTimeUtc)",
                _ => "a bigint (i64)",
            };
            self.refuse(format!(
                "{name} cannot be set by the server; declare it as {needed}"
            ));
        }
        place
    }

    fn unique_keys(&self, columns: &[Column]) -> Vec<Vec<usize>> {
        let place = |name: &String| columns.iter().position(|column| column.name == *name);
        let keys = self.declaration.unique_keys.iter();
        keys.filter_map(|names| names.iter().map(place).collect())
            .collect()
    }

    fn no_input_is_set(&mut self, writes: &Writes, columns: &[Column]) {
        for place in set_places(writes) {
            if writes.inputs.iter().any(|input| input.column == place) {
                self.refuse(format!(
                    "{} is set by the server and taken from clients; keep one",
                    columns[place].name
                ));
            }
        }
    }

    /// Refuses columns that cannot be null and have no value in new rows.
    fn every_column_has_a_value(&mut self, writes: &Writes, columns: &[Column]) {
        let has_value = |place: usize| {
            set_places(writes).any(|set| set == place)
                || writes.inputs.iter().any(|input| input.column == place)
        };
        let declaration = self.declaration;
        for (name, known) in &declaration.columns {
            if declaration.key.contains(name) {
                continue;
            }
            match known {
                Err(unhandled) if !unhandled.may_be_left_out => self.refuse(format!(
                    "new rows have no value for {name}, which has the type {:?}; make it nullable, \
                     give it a default_value or default_expr that the database has, leave it out \
                     of the entity where the database fills it in, or leave out .create",
                    unhandled.kind
                )),
                Ok(column) if !may_be_left_out(column) => {
                    let place = columns.iter().position(|known| known.name == *name);
                    if place.is_none_or(|place| !has_value(place)) {
                        self.refuse(format!(
                            "new rows have no value for {name}; name it in .inputs, .created_by, \
                             .timestamps or .version, give the column a default_value or \
                             default_expr that the database has, or leave out .create"
                        ));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a column holds every value of another one of its kind.
fn holds_all_of(column: &Column, other: &Column) -> bool {
    let fits = match (column.range, other.range) {
        (Some((least, greatest)), Some((from, to))) => least <= from && to <= greatest,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let is_long_enough = match (column.length, other.length) {
        (Some(length), Some(other)) => other <= length,
        (Some(_), None) => false,
        (None, _) => true,
    };
    fits && is_long_enough
}

/// Whether new rows need no value for a column.
fn may_be_left_out(column: &Column) -> bool {
    column.nullable || column.filled
}

/// The places of the columns that the server sets.
fn set_places(writes: &Writes) -> impl Iterator<Item = usize> {
    [
        writes.created_by,
        writes.created_at,
        writes.updated_at,
        writes.version,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
