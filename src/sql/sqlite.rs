use super::dialect::Grammar;
use super::statement::push_number;
use super::statistic::Computed;
use crate::catalog::Kind;
use crate::plan::{Function, Match, Reading};

pub(super) struct Sqlite;

impl Grammar for Sqlite {
    fn quote(&self) -> char {
        '"'
    }

    fn numbers_placeholders(&self) -> bool {
        true
    }

    fn placeholder(&self, sql: &mut String, number: usize) {
        sql.push('?');
        push_number(sql, number);
    }

    fn json_value(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::BigInt | Kind::Int | Kind::Text | Kind::Date => "{}",
            // Its own functions print fifteen digits.
            Kind::Float => "CASE WHEN {} IS NOT NULL THEN json(printf('%!.17g',{})) END",
            Kind::Boolean => "json(CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)",
            Kind::Json => "json({})",
            Kind::Uuid => "lower(hex({}))",
            Kind::Enum(_) => "upper({})",
            Kind::DateTime => MOMENT,
        }
    }

    fn weight(&self) -> &'static str {
        "json_array(octet_length({}))"
    }

    fn hex(&self) -> &'static str {
        "lower(hex({}))"
    }

    fn text(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Float => "printf('%!.17g',{})",
            _ => "CAST({} AS TEXT)",
        }
    }

    fn json_condition(&self) -> &'static str {
        "json(CASE WHEN {} THEN 'true' ELSE 'false' END)"
    }

    fn concat(&self) -> [&'static str; 3] {
        ["(", "||", ")"]
    }

    fn json_object(&self) -> &'static str {
        "json_object({})"
    }

    fn json_gather(&self) -> &'static str {
        "json_group_array("
    }

    fn or_empty(&self) -> &'static str {
        "{}"
    }

    fn names(&self) -> &'static str {
        "(SELECT key AS n, value ->> 0 AS kind, unhex(value ->> 1) AS id FROM json_each({}))"
    }

    fn gather_ids(&self) -> &'static str {
        "json_group_array(hex({id}) ORDER BY {order})"
    }

    fn rows_of_ids(&self) -> &'static str {
        "(SELECT key AS n, unhex(value) AS id FROM json_each({ids})) k CROSS JOIN {table} ON {id} = k.id"
    }

    fn empty_array(&self) -> &'static str {
        "json_array()"
    }

    fn empty_object(&self) -> &'static str {
        "json_object()"
    }

    fn wide_object(&self) -> Option<(usize, [&'static str; 4])> {
        None
    }

    fn measure(&self, function: Function, kind: &Kind) -> Computed {
        Computed::Inline(match function {
            Function::Count => "count({})",
            Function::CountDistinct => "count(DISTINCT {})",
            Function::CountTrue => "count(CASE WHEN {} THEN 1 END)",
            Function::CountFalse => "count(CASE WHEN NOT {} THEN 1 END)",
            Function::Sum => "sum({})",
            Function::Average if *kind == Kind::Float => "avg({})",
            Function::Average => "CAST(sum({}) AS REAL)/count({})",
            Function::Min => "min({})",
            Function::Max => "max({})",
            Function::Percentile { .. } => "percentile_cont({},{?})",
            Function::Variance => return Computed::ByDistance("{}"),
            Function::Deviation => return Computed::ByDistance("sqrt({})"),
            Function::Mode => return Computed::ByFrequency,
        })
    }

    fn out_of_range(&self) -> &'static str {
        // The absolute value of the least integer is an error.
        "abs(-9223372036854775807-(count({})>0))"
    }

    fn at_most(&self) -> &'static str {
        "abs(-9223372036854775807-({}>{?})) > 0"
    }

    fn step(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Float => "floor(({}-{origin})/{width})*{width}+{origin}",
            _ => "({}-(({}-{origin})%{width}+{width})%{width})",
        }
    }

    fn double(&self) -> &'static str {
        "CAST({} AS REAL)"
    }

    fn rounded(&self) -> &'static str {
        "CASE WHEN {} IS NOT NULL THEN CAST(printf('%.11e',{}) AS REAL) END"
    }

    fn listed(&self) -> &'static str {
        "(SELECT value AS v FROM json_each({}))"
    }

    fn same(&self) -> &'static str {
        " IS "
    }

    fn where_only(&self) -> [&'static str; 3] {
        ["CASE WHEN ", " THEN ", " END"]
    }

    fn join(&self) -> &'static str {
        // In this order: a scan and what it refers to. The planner may begin
        // with a small table instead and jump about in the large one.
        " CROSS JOIN "
    }

    fn joins_null_keys(&self) -> bool {
        false
    }

    fn correlates_derived_tables(&self) -> bool {
        true
    }

    fn keeps_derived_order(&self) -> bool {
        true
    }

    fn least(&self) -> &'static str {
        "min("
    }

    fn greatest(&self) -> &'static str {
        "max("
    }

    fn lock(&self) -> Option<&'static str> {
        None
    }

    fn needs_bounded_pages(&self) -> bool {
        false
    }

    fn exists(&self) -> &'static str {
        // The plus keeps SQLite 3.51 from making a join of it, which skips
        // other rows than it should where there is an OFFSET.
        "+EXISTS("
    }

    fn repeats_conditions(&self) -> bool {
        true
    }

    fn seeks_rows(&self) -> bool {
        true
    }

    fn before_estimated(&self) -> &'static str {
        // The plus hides the value from the estimates. Where they see it, the
        // statement is prepared anew whenever it is bound, which can take
        // longer than running it (sqlite.org/c3ref/prepare).
        "+"
    }

    fn in_list(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Uuid => " IN (SELECT unhex(value) FROM json_each({}))",
            _ => " IN (SELECT value FROM json_each({}))",
        }
    }

    fn matches(&self, kind: Match) -> &'static str {
        match kind {
            Match::Whole => "{}={?}",
            Match::Contains => "instr({},{?})>0",
            Match::StartsWith => "substr({},1,length({?}))={?}",
            Match::EndsWith => "substr({},-length({?}))={?}",
        }
    }

    fn matches_pattern(&self) -> &'static str {
        "{} REGEXP {?}"
    }

    fn json_path(&self, reading: Reading) -> &'static str {
        match reading {
            Reading::Json => "({} -> {?})",
            Reading::Number => {
                "CASE WHEN json_type({},{?}) IN ('integer','real') THEN nullif(nullif(min(max(CAST(json_extract({},{?}) AS REAL),-1.797e308),1.797e308),1.797e308),-1.797e308) END"
            }
            Reading::Text => "CASE WHEN json_type({},{?}) = 'text' THEN json_extract({},{?}) END",
            Reading::Boolean => "CASE json_type({},{?}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
            Reading::Type => "json_type({},{?})",
        }
    }

    fn is_array(&self) -> Option<&'static str> {
        None
    }

    fn search(&self, _rare: bool) -> &'static str {
        "{key} IN (SELECT r.id FROM {index} s JOIN {rows} r ON r.number = s.rowid WHERE s.{index} MATCH {?})"
    }

    fn nulls(&self, last: bool) -> Option<&'static str> {
        Some(if last { " NULLS LAST" } else { " NULLS FIRST" })
    }
}

/// Moments are stored as text with an offset of `+00:00` and a fraction of
/// none, three or six digits; they are printed with `Z` and always six.
const MOMENT: &str = "(substr({},1,19)||substr(coalesce(nullif(substr({},20,length({})-25),''),'.')||'000000',1,7)||'Z')";
