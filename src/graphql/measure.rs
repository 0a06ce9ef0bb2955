use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, Object, SchemaBuilder, TypeRef};

use super::collect::told_before;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{json, scalar};
use crate::catalog::{self, Kind};
use crate::error::ApiError;
use crate::plan::{
    Function, Measure, ParamId, Predicate, Reading, Scalar, Source, Statistic, Value,
};

/// The name of the type of statistics over what stands in documents.
const JSON: &str = "JSONAggregate";
/// The name of the argument of a percentile.
pub(super) const PART: &str = "p";

/// A statistic over values, as the schema tells it: its name, whether values
/// of a kind have it, what it is.
type Told = (&'static str, fn(&Kind) -> bool, &'static str);

/// The statistics over values, in schema order.
pub(super) const MEASURES: [Told; 13] = [
    ("count", any, "How many there are; nulls do not count."),
    (
        "countDistinct",
        is_countable,
        "How many different ones there are; nulls do not count.",
    ),
    ("countTrue", is_truth, "How many are true."),
    ("countFalse", is_truth, "How many are false."),
    (
        "sum",
        is_number,
        "All of them added up. A sum of integers is exact; beyond ±(2^53−1) it is an error.",
    ),
    ("avg", is_number, "The arithmetic mean."),
    ("min", is_ordered, "The least."),
    ("max", is_ordered, "The greatest."),
    (
        "variance",
        is_number,
        "The variance of a sample: squared distances from the mean, added up and divided by one \
         less than their number. Null of a single value.",
    ),
    (
        "stddev",
        is_number,
        "The standard deviation of a sample: the square root of `variance`.",
    ),
    (
        "median",
        is_number,
        "The value in the middle; of an even number of values the mean of the middle two.",
    ),
    (
        "percentile",
        is_number,
        "The value below which the part `p` of them lies, by linear interpolation between the two \
         around it: `percentile(p: 0.5)` is the median.",
    ),
    (
        "mode",
        is_repeated,
        "The most frequent one, the least of several.",
    ),
];

fn any(_: &Kind) -> bool {
    true
}

fn is_countable(kind: &Kind) -> bool {
    !is_truth(kind)
}

fn is_truth(kind: &Kind) -> bool {
    matches!(kind, Kind::Boolean)
}

fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Int | Kind::BigInt | Kind::Float)
}

fn is_ordered(kind: &Kind) -> bool {
    is_number(kind) || matches!(kind, Kind::Text | Kind::DateTime | Kind::Date)
}

fn is_repeated(kind: &Kind) -> bool {
    is_number(kind) || matches!(kind, Kind::Text | Kind::Enum(_))
}

/// The name of the type of statistics over values of a kind. Those over
/// integers are alike: a sum of small ones can be large.
pub(super) fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Json => JSON.to_owned(),
        Kind::Int => type_name(&Kind::BigInt),
        kind => format!("{}Aggregate", scalar::type_name(kind)),
    }
}

/// What a statistic of that name is, but for percentiles.
fn function(name: &str) -> Option<Function> {
    Some(match name {
        "count" => Function::Count,
        "countDistinct" => Function::CountDistinct,
        "countTrue" => Function::CountTrue,
        "countFalse" => Function::CountFalse,
        "sum" => Function::Sum,
        "avg" => Function::Average,
        "min" => Function::Min,
        "max" => Function::Max,
        "variance" => Function::Variance,
        "stddev" => Function::Deviation,
        "mode" => Function::Mode,
        _ => return None,
    })
}

/// What the statistic of that name over values of a kind is.
pub(super) fn result(name: &str, kind: &Kind) -> Kind {
    function(name).unwrap_or(MEDIAN).kind(kind).clone()
}

/// The kinds of values that the role may have statistics of, each once by the
/// name of its type.
pub(super) fn kinds(view: View<'_>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut add = |kind: &Kind| {
        if !kinds
            .iter()
            .any(|known| type_name(known) == type_name(kind))
        {
            kinds.push(kind.clone());
        }
    };
    for entity in view.entities() {
        // Averages of integers are floats, and so are what is told of them.
        add(&Kind::BigInt);
        add(&Kind::Float);
        for field in view.fields(entity) {
            let kind = &entity.column_of(field).kind;
            add(kind);
            if *kind == Kind::Json {
                for (_, _, kind, _) in json::READINGS {
                    add(&kind);
                }
            }
        }
    }
    kinds
}

/// Adds the types of statistics over the values of fields.
pub(super) fn define(view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
    kinds(view)
        .iter()
        .fold(builder, |builder, kind| builder.register(object(kind)))
}

fn object(kind: &Kind) -> Object {
    if *kind == Kind::Json {
        return json_object();
    }
    let values = scalar::type_name(kind);
    let values = if is_number(kind) && *kind != Kind::Float {
        "integers".to_owned()
    } else {
        format!("values of type {values}")
    };
    MEASURES
        .iter()
        .filter(|(_, has, _)| has(kind))
        .map(|(name, _, description)| field(name, kind, description))
        .fold(
            Object::new(type_name(kind)).description(format!("Statistics over {values}.")),
            Object::field,
        )
}

fn field(name: &str, kind: &Kind, description: &str) -> Field {
    let function = function(name).unwrap_or(MEDIAN);
    let output = function.kind(kind);
    let output = scalar::type_name(output);
    let output = if function.nullable() {
        TypeRef::named(output)
    } else {
        TypeRef::named_nn(output)
    };
    let field = answered(name, output).description(description);
    if name != "percentile" {
        return field;
    }
    field.argument(part_argument())
}

/// The argument of a percentile.
pub(super) fn part_argument() -> InputValue {
    InputValue::new(PART, TypeRef::named_nn(TypeRef::FLOAT)).description("Which part, from 0 to 1.")
}

/// The median, but for what binds its part.
const MEDIAN: Function = Function::Percentile {
    part: 0.5,
    param: ParamId(0),
};

fn json_object() -> Object {
    let object = Object::new(JSON)
        .description(
            "Statistics over what stands at a path within JSON documents: as numbers, texts or \
             truth values. What is of another type counts as null.",
        )
        .field(
            answered("count", TypeRef::named_nn("BigInt"))
                .description("In how many documents there is anything; a null is something."),
        );
    json::READINGS
        .iter()
        .map(|(name, _, kind, _)| {
            answered(*name, TypeRef::named_nn(type_name(kind)))
                .description(format!("As {}.", scalar::type_name(kind)))
        })
        .fold(object, Object::field)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads statistics over the values of a field.
    pub(super) fn measures(
        &mut self,
        source: &Source<'c>,
        field: &'c catalog::Field,
        condition: Option<&Predicate<'c>>,
        fields: &[&'r Selected],
    ) -> Result<Statistic<'c>, ApiError> {
        if source.entity().column_of(field).kind != Kind::Json {
            let scalar = self.scalar(source, field);
            return self.measures_of(&scalar, condition, fields);
        }
        let (path, _) = self.path_argument(fields[0])?;
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, JSON)? {
            let member = self.under(key, |reader| {
                let name = fields[0].name.as_str();
                if name == "__typename" {
                    return Ok(Statistic::Typename(Cow::Borrowed(JSON)));
                }
                let reading = json::reading(name);
                let scalar = reader.json_value(source, field, path, reading)?;
                if reading == Reading::Type {
                    reader.charge_measure(false);
                    Ok(measure(Function::Count, &scalar, condition))
                } else {
                    reader.measures_of(&scalar, condition, &fields)
                }
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(Statistic::Object(members, None))
    }

    pub(super) fn measures_of(
        &mut self,
        scalar: &Scalar<'c>,
        condition: Option<&Predicate<'c>>,
        fields: &[&'r Selected],
    ) -> Result<Statistic<'c>, ApiError> {
        let type_name = type_name(scalar.kind());
        let mut members = Vec::new();
        let collected = self.collect(fields, &type_name)?;
        let told = told_before(&collected, self.variables());
        for (place, (key, fields)) in collected.iter().enumerate() {
            let member = self.under(key, |reader| {
                if fields[0].name == "__typename" {
                    return Ok(Statistic::Typename(Cow::Owned(type_name.clone())));
                }
                let part = Input::given(fields[0], PART, reader.variables());
                let function = reader.measure_of(&fields[0].name, part)?;
                if function.tells_one() {
                    reader.spend_bytes(&scalar.content, told[place]);
                }
                Ok(measure(function, scalar, condition))
            })?;
            members.push(((*key).to_owned(), member));
        }
        Ok(Statistic::Object(members, None))
    }

    /// The statistic of that name, with the part of a percentile, and what it
    /// costs.
    pub(super) fn measure_of(
        &mut self,
        name: &str,
        part: Option<Input<'_>>,
    ) -> Result<Function, ApiError> {
        let function = match (function(name), name) {
            (Some(function), _) => function,
            (None, "median") => self.percentile(0.5),
            (None, _) => match part.and_then(Input::float) {
                Some(part) if (0.0..=1.0).contains(&part) => self.percentile(part),
                _ => return Err(ApiError::input("A part is between 0 and 1.").within(PART)),
            },
        };
        self.charge_measure(matches!(
            function,
            Function::CountDistinct | Function::Percentile { .. } | Function::Mode
        ));
        Ok(function)
    }

    fn percentile(&mut self, part: f64) -> Function {
        let param = self.bind(Value::Float(part));
        Function::Percentile { part, param }
    }
}

fn measure<'c>(
    function: Function,
    operand: &Scalar<'c>,
    condition: Option<&Predicate<'c>>,
) -> Statistic<'c> {
    Statistic::Measure(Measure {
        function,
        operand: Some(operand.clone()),
        condition: condition.cloned(),
    })
}
