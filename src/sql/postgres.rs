use super::dialect::Grammar;
use super::statement::push_number;
use super::statistic::Computed;
use crate::catalog::Kind;
use crate::plan::{Function, Match, Reading};

pub(super) struct Postgres;

impl Grammar for Postgres {
    fn quote(&self) -> char {
        '"'
    }

    fn numbers_placeholders(&self) -> bool {
        true
    }

    fn placeholder(&self, sql: &mut String, number: usize) {
        sql.push('$');
        push_number(sql, number);
    }

    fn json_value(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::BigInt
            | Kind::Int
            | Kind::Float
            | Kind::Text
            | Kind::Boolean
            | Kind::Json
            | Kind::Date => "{}",
            Kind::Uuid => "encode(uuid_send({}),'hex')",
            Kind::Enum(_) => "upper({})",
            Kind::DateTime => "to_char({} AT TIME ZONE 'UTC','YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        }
    }

    fn weight(&self) -> &'static str {
        "json_build_array(octet_length({}))"
    }

    fn hex(&self) -> &'static str {
        "encode(convert_to({}::text,'UTF8'),'hex')"
    }

    fn text(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Boolean => "({})::int::text",
            _ => "({})::text",
        }
    }

    fn json_condition(&self) -> &'static str {
        "({})"
    }

    fn concat(&self) -> [&'static str; 3] {
        ["(", "||", ")"]
    }

    fn json_object(&self) -> &'static str {
        "json_build_object({})"
    }

    fn json_gather(&self) -> &'static str {
        "json_agg("
    }

    fn or_empty(&self) -> &'static str {
        "coalesce({},'[]')"
    }

    fn names(&self) -> &'static str {
        "(SELECT n, (pair ->> 0)::int AS kind, (pair ->> 1)::uuid AS id FROM json_array_elements({}::json) WITH ORDINALITY p(pair,n))"
    }

    fn gather_ids(&self) -> &'static str {
        "array_agg({id} ORDER BY {order})"
    }

    fn rows_of_ids(&self) -> &'static str {
        "unnest({ids}) WITH ORDINALITY k(id,n) JOIN {table} ON {id} = k.id"
    }

    fn empty_array(&self) -> &'static str {
        "'[]'::json"
    }

    fn empty_object(&self) -> &'static str {
        "'{ }'::json"
    }

    fn wide_object(&self) -> Option<(usize, [&'static str; 4])> {
        // Functions take at most 100 arguments, and `json` has no `||`.
        Some((
            50,
            [
                "('{'||",
                "substr(left({}::text,-1),2)",
                "||','||",
                "||'}')::json",
            ],
        ))
    }

    fn measure(&self, function: Function, kind: &Kind) -> Computed {
        Computed::Inline(match function {
            Function::Count => "count({})",
            Function::CountDistinct => "count(DISTINCT {})",
            Function::CountTrue => "count(CASE WHEN {} THEN 1 END)",
            Function::CountFalse => "count(CASE WHEN NOT {} THEN 1 END)",
            Function::Sum if *kind == Kind::Float => "sum({})",
            Function::Sum => "sum({})::bigint",
            Function::Average if *kind == Kind::Float => "avg({})",
            Function::Average => "sum({})::bigint::float8/count({})",
            Function::Min => "min({})",
            Function::Max => "max({})",
            Function::Variance => "var_samp({})",
            Function::Deviation => "stddev_samp({})",
            Function::Percentile { .. } => {
                "percentile_cont({?}) WITHIN GROUP (ORDER BY ({})::float8)"
            }
            Function::Mode => "mode() WITHIN GROUP (ORDER BY {})",
        })
    }

    fn out_of_range(&self) -> &'static str {
        // One more than the greatest integer is an error.
        "(9223372036854775807+count({}))"
    }

    fn at_most(&self) -> &'static str {
        "{}+(9223372036854775807-{?}) > 0"
    }

    fn step(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Float => "floor(({}-{origin})/{width})*{width}+{origin}",
            _ => "({}-(({}-{origin})%{width}+{width})%{width})",
        }
    }

    fn double(&self) -> &'static str {
        "({})::float8"
    }

    fn rounded(&self) -> &'static str {
        "to_char({},'9.99999999999EEEE')::float8"
    }

    fn listed(&self) -> &'static str {
        "(SELECT v FROM unnest({}::bigint[]) v)"
    }

    fn same(&self) -> &'static str {
        " IS NOT DISTINCT FROM "
    }

    fn where_only(&self) -> [&'static str; 3] {
        ["CASE WHEN ", " THEN ", " END"]
    }

    fn join(&self) -> &'static str {
        " JOIN "
    }

    fn joins_null_keys(&self) -> bool {
        true
    }

    fn correlates_derived_tables(&self) -> bool {
        true
    }

    fn keeps_derived_order(&self) -> bool {
        true
    }

    fn least(&self) -> &'static str {
        "least("
    }

    fn greatest(&self) -> &'static str {
        "greatest("
    }

    fn stored(&self, kind: &Kind) -> (&'static str, &'static str) {
        match kind {
            Kind::Json => ("", "::text::jsonb"),
            _ => ("", ""),
        }
    }

    fn lock(&self) -> Option<&'static str> {
        Some(" FOR UPDATE")
    }

    fn needs_bounded_pages(&self) -> bool {
        // Of a page whose size is a parameter, a tenth of all rows is expected.
        // The generic plan looks bad then, and a statement is planned again
        // each time it runs.
        true
    }

    fn exists(&self) -> &'static str {
        "EXISTS("
    }

    fn repeats_conditions(&self) -> bool {
        false
    }

    fn seeks_rows(&self) -> bool {
        true
    }

    fn before_estimated(&self) -> &'static str {
        ""
    }

    fn in_list(&self, _kind: &Kind) -> &'static str {
        " = ANY({})"
    }

    fn matches(&self, kind: Match) -> &'static str {
        match kind {
            Match::Whole => "{}={?}",
            Match::Contains => "strpos({},{?})>0",
            Match::StartsWith => "starts_with({},{?})",
            Match::EndsWith => "right({},length({?}))={?}",
        }
    }

    fn matches_pattern(&self) -> &'static str {
        "{} ~ {?}"
    }

    fn json_path(&self, reading: Reading) -> &'static str {
        // Strict, or a name would also be looked for in the items of an array.
        // The path stands in a sub-select, to be read once and not for every
        // row.
        match reading {
            Reading::Json => {
                "jsonb_path_query_first({},(SELECT ('strict '||{?})::jsonpath),'{ }',true)"
            }
            Reading::Number => {
                // Nearer to zero there is no double.
                "round(jsonb_path_query_first({},(SELECT ('strict '||{?}||' ? (@.type()==\"number\" && @>-1.797e308 && @<1.797e308)')::jsonpath),'{ }',true)::numeric,323)::float8"
            }
            Reading::Text => {
                "((jsonb_path_query_first({},(SELECT ('strict '||{?}||' ? (@.type()==\"string\")')::jsonpath),'{ }',true)#>>'{ }') COLLATE \"C\")"
            }
            Reading::Boolean => {
                "jsonb_path_query_first({},(SELECT ('strict '||{?}||' ? (@.type()==\"boolean\")')::jsonpath),'{ }',true)::boolean"
            }
            Reading::Type => {
                "jsonb_typeof(jsonb_path_query_first({},(SELECT ('strict '||{?})::jsonpath),'{ }',true))"
            }
        }
    }

    fn is_array(&self) -> Option<&'static str> {
        None
    }

    fn search(&self, _rare: bool) -> &'static str {
        "{column} @@ {?}::tsquery"
    }

    fn nulls(&self, last: bool) -> Option<&'static str> {
        Some(if last { " NULLS LAST" } else { " NULLS FIRST" })
    }
}
