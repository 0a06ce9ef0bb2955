use super::statement::Writer;
use crate::catalog::Kind;
use crate::plan::{
    Content, Fingerprint, JsonPath, Member, Named, Object, OrderTerm, ParamId, Reading, Row, Scalar,
};

impl Writer {
    /// Writes `SELECT <object> FROM …` for at most one row.
    pub(super) fn row(&mut self, row: &Row<'_>) {
        self.push("SELECT ");
        self.around_row(row, |writer| writer.object(&row.object));
        self.push(" ");
        self.from(&row.source, &[]);
    }

    /// Writes a JSON array of the rows that are named, each looked up on its
    /// own.
    pub(super) fn rows(&mut self, named: &Named<'_>) {
        self.push("SELECT ");
        if named.kinds.is_empty() {
            return self.push(self.grammar.empty_array());
        }
        self.template(self.grammar.whole_array(), |writer| {
            writer.push(writer.grammar.json_gather());
            writer.row_of_kind(&named.kinds);
            writer.push(" ORDER BY named.n)");
        });
        self.push(" FROM ");
        self.names(named.names);
    }

    /// Writes the row of the kind that a name says.
    fn row_of_kind(&mut self, kinds: &[Row<'_>]) {
        let row = |writer: &mut Self, row| {
            writer.push("(");
            writer.row(row);
            writer.push(")");
        };
        if let [only] = kinds {
            return row(self, only);
        }
        let [before, between, after] = self.grammar.where_only();
        self.push(before);
        self.separated(
            kinds.iter().enumerate(),
            " WHEN ",
            |writer, (kind, of_kind)| {
                writer.push("named.kind = ");
                writer.push(&kind.to_string());
                writer.push(between);
                row(writer, of_kind);
            },
        );
        self.push(after);
    }

    /// Writes a table of what names say, as `named`.
    pub(super) fn names(&mut self, names: ParamId) {
        let template = self.grammar.names();
        self.template(template, |writer| writer.param(names));
        self.push(" named");
    }

    /// Writes the JSON object of one row.
    pub(super) fn object(&mut self, object: &Object<'_>) {
        self.members(&object.members, Self::member);
    }

    /// Writes a JSON object, of any number of keys.
    pub(super) fn members<M>(
        &mut self,
        members: &[(String, M)],
        write: impl Fn(&mut Self, &M) + Copy,
    ) {
        if members.is_empty() {
            return self.push(self.grammar.empty_object());
        }
        match self.grammar.wide_object() {
            Some((most, [begin, around, between, end])) if members.len() > most => {
                self.push(begin);
                self.separated(members.chunks(most), between, |writer, chunk| {
                    writer.template(around, |writer| writer.narrow(chunk, write));
                });
                self.push(end);
            }
            _ => self.narrow(members, write),
        }
    }

    fn narrow<M>(&mut self, members: &[(String, M)], write: impl Fn(&mut Self, &M)) {
        self.template(self.grammar.json_object(), |writer| {
            writer.separated(members, ",", |writer, (key, member)| {
                writer.literal(key);
                writer.push(",");
                write(writer, member);
            });
        });
    }

    fn member(&mut self, member: &Member<'_>) {
        match member {
            Member::Typename(name) => self.literal(name),
            Member::Null => self.push("NULL"),
            Member::Object(object, None) => self.object(object),
            Member::Object(object, Some(guard)) => {
                let [before, between, after] = self.grammar.where_only();
                self.push(before);
                self.operand(guard);
                self.push(" IS NOT NULL");
                self.push(between);
                self.object(object);
                self.push(after);
            }
            Member::GlobalId(prefix, scalar) => {
                let [before, between, after] = self.grammar.concat();
                self.push(before);
                self.literal(&format!("{prefix}_"));
                self.push(between);
                self.value(scalar);
                self.push(after);
            }
            Member::Scalar(scalar) if self.weighs => self.weight(scalar),
            Member::Scalar(scalar) => self.value(scalar),
            Member::Condition(condition) => {
                let template = self.grammar.json_condition();
                self.template(template, |writer| writer.predicate(condition));
            }
            Member::ToOne(row) => {
                self.push("(");
                self.row(row);
                self.push(")");
            }
            Member::Ancestors(row) => {
                self.push("(");
                self.ancestors(&row.source, &row.object);
                self.push(")");
            }
            Member::Sample(place, row) => self.sample(*place, row),
            Member::Aggregate(aggregate) => {
                self.push("(");
                self.aggregate(aggregate);
                self.push(")");
            }
            Member::Connection(connection) => {
                self.push("(SELECT ");
                self.connection(connection, true);
                self.push(")");
            }
        }
    }

    fn weight(&mut self, scalar: &Scalar<'_>) {
        match scalar.kind() {
            Kind::Text => {
                let weight = self.grammar.weight();
                self.template(weight, |writer| writer.operand(scalar));
            }
            Kind::Json => self.push("NULL"),
            _ => self.value(scalar),
        }
    }

    fn value(&mut self, scalar: &Scalar<'_>) {
        let kind = scalar.kind();
        let template = match &scalar.content {
            Content::Output(output) if output.is_seconds => self.grammar.moment(kind),
            _ => self.grammar.json_value(kind),
        };
        self.template(template, |writer| writer.operand(scalar));
    }

    /// Writes the text of a row's position; see [`crate::plan::Cursor`].
    pub(super) fn cursor(&mut self, fingerprint: Fingerprint, order: &[OrderTerm<'_>]) {
        let [before, between, after] = self.grammar.concat();
        self.push(before);
        for (place, term) in order.iter().enumerate() {
            if place == 0 {
                self.literal(&format!("{fingerprint}."));
            } else {
                self.push(between);
                self.push("'.'");
            }
            self.push(between);
            if term.scalar.nullable() {
                self.push("CASE WHEN ");
                self.operand(&term.scalar);
                self.push(" IS NULL THEN '-' ELSE ");
                self.cursor_value(&term.scalar);
                self.push(" END");
            } else {
                self.cursor_value(&term.scalar);
            }
        }
        self.push(after);
    }

    fn cursor_value(&mut self, scalar: &Scalar<'_>) {
        let kind = scalar.kind();
        if let Content::Path(column, path) = &scalar.content
            && path.reading == Reading::Number
        {
            // As it is written there: databases print numbers with a fraction
            // each in its own way.
            let path = JsonPath {
                reading: Reading::Json,
                ..JsonPath::clone(path)
            };
            let written = Scalar {
                content: Content::Path(column, Box::new(path)),
                ..scalar.clone()
            };
            let hex = self.grammar.hex();
            return self.template(hex, |writer| writer.operand(&written));
        }
        match kind {
            Kind::Uuid => self.value(scalar),
            Kind::BigInt | Kind::Int | Kind::Boolean => {
                let text = self.grammar.text(kind);
                self.template(text, |writer| writer.operand(scalar));
            }
            Kind::Float => {
                let (hex, text) = (self.grammar.hex(), self.grammar.text(kind));
                self.template(hex, |writer| {
                    writer.template(text, |writer| writer.operand(scalar));
                });
            }
            Kind::Text | Kind::Enum(_) | Kind::DateTime | Kind::Date | Kind::Json => {
                let hex = self.grammar.hex();
                self.template(hex, |writer| writer.value(scalar));
            }
        }
    }
}
