use super::dialect::Grammar;
use super::statistic::Computed;
use crate::catalog::Kind;
use crate::plan::{Function, Match, Reading};

pub(super) struct Mariadb;

impl Grammar for Mariadb {
    fn quote(&self) -> char {
        '`'
    }

    fn numbers_placeholders(&self) -> bool {
        false
    }

    fn placeholder(&self, sql: &mut String, _number: usize) {
        sql.push('?');
    }

    fn json_value(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::BigInt | Kind::Int | Kind::Float | Kind::Text => "{}",
            Kind::Boolean => "JSON_EXTRACT(CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END,'$')",
            // The type JSON has a collation of its own, which mixes with no other.
            Kind::Json => "JSON_EXTRACT({} COLLATE utf8mb4_nopad_bin,'$')",
            Kind::Uuid => "LOWER(HEX({}))",
            Kind::Enum(_) => "UPPER({})",
            Kind::DateTime => "DATE_FORMAT({},'%Y-%m-%dT%H:%i:%s.%fZ')",
            Kind::Date => "DATE_FORMAT({},'%Y-%m-%d')",
        }
    }

    fn weight(&self) -> &'static str {
        "JSON_ARRAY(OCTET_LENGTH({}))"
    }

    fn hex(&self) -> &'static str {
        "LOWER(HEX({}))"
    }

    fn text(&self, _kind: &Kind) -> &'static str {
        "CAST({} AS CHAR)"
    }

    fn json_condition(&self) -> &'static str {
        "(({}) IS TRUE)"
    }

    fn concat(&self) -> [&'static str; 3] {
        ["CONCAT(", ",", ")"]
    }

    fn json_object(&self) -> &'static str {
        // It would be null beyond max_allowed_packet. JSON on both sides, as
        // below, of ASCII: a constant that has to be converted to what the
        // columns are in is computed at once.
        "IFNULL(JSON_OBJECT({}),JSON_COMPACT(~0*2))"
    }

    fn json_gather(&self) -> &'static str {
        "JSON_ARRAYAGG("
    }

    fn or_empty(&self) -> &'static str {
        // JSON on both sides, or the result would be text and quoted. What is
        // beyond max_allowed_packet is cut off, and with the object around it
        // still beyond.
        "IF(COUNT(*)=0,JSON_ARRAY(),{})"
    }

    fn whole_array(&self) -> &'static str {
        // It would be cut off beyond max_allowed_packet; see below.
        "JSON_EXTRACT(JSON_OBJECT('a',{}),'$.a')"
    }

    fn names(&self) -> &'static str {
        "(SELECT n, kind, UNHEX(id) AS id FROM JSON_TABLE({},'$[*]' COLUMNS(n FOR ORDINALITY,kind INT PATH '$[0]',id CHAR(32) PATH '$[1]')) p)"
    }

    fn gather_ids(&self) -> &'static str {
        "JSON_ARRAYAGG(HEX({id}) ORDER BY {order})"
    }

    fn rows_of_ids(&self) -> &'static str {
        "JSON_TABLE({ids},'$[*]' COLUMNS(n FOR ORDINALITY,id CHAR(32) PATH '$')) k STRAIGHT_JOIN {table} ON {id} = UNHEX(k.id)"
    }

    fn empty_array(&self) -> &'static str {
        "JSON_ARRAY()"
    }

    fn empty_object(&self) -> &'static str {
        // JSON_OBJECT() of nothing, beside a null, would be an empty text.
        "JSON_EXTRACT('{}','$')"
    }

    fn wide_object(&self) -> Option<(usize, [&'static str; 4])> {
        None
    }

    fn measure(&self, function: Function, kind: &Kind) -> Computed {
        Computed::Inline(match function {
            Function::Count => "COUNT({})",
            Function::CountDistinct => "COUNT(DISTINCT {})",
            Function::CountTrue => "COUNT(CASE WHEN {} THEN 1 END)",
            Function::CountFalse => "COUNT(CASE WHEN NOT {} THEN 1 END)",
            Function::Sum => "SUM({})",
            Function::Average if *kind == Kind::Float => "AVG({})",
            Function::Average => {
                "CASE WHEN ABS(SUM({})) > 9223372036854775807 THEN 9223372036854775807*(1+COUNT({})) ELSE CAST(SUM({}) AS DOUBLE)/COUNT({}) END"
            }
            Function::Min => "MIN({})",
            Function::Max => "MAX({})",
            Function::Variance if *kind == Kind::Float => "CAST(VAR_SAMP({}) AS DOUBLE)",
            Function::Deviation if *kind == Kind::Float => "CAST(STDDEV_SAMP({}) AS DOUBLE)",
            Function::Variance => VARIANCE,
            Function::Deviation => DEVIATION,
            Function::Percentile { .. } => PERCENTILE,
            Function::Mode => return Computed::ByFrequency,
        })
    }

    fn out_of_range(&self) -> &'static str {
        // A product beyond 64 bits is an error; sums of integers are exact,
        // and of others beyond what doubles can say zero.
        "9223372036854775807*(1+COUNT({}))"
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
        "CAST({} AS DOUBLE)"
    }

    fn rounded(&self) -> &'static str {
        "COALESCE(ROUND({},11-FLOOR(LOG10(ABS({})))),{})"
    }

    fn listed(&self) -> &'static str {
        "(SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v BIGINT PATH '$')) l)"
    }

    fn same(&self) -> &'static str {
        " <=> "
    }

    fn where_only(&self) -> [&'static str; 3] {
        ["JSON_EXTRACT(CASE WHEN ", " THEN ", " END,'$')"]
    }

    fn join(&self) -> &'static str {
        " JOIN "
    }

    fn joins_null_keys(&self) -> bool {
        false
    }

    fn correlates_derived_tables(&self) -> bool {
        false
    }

    fn keeps_derived_order(&self) -> bool {
        false
    }

    fn least(&self) -> &'static str {
        "LEAST("
    }

    fn greatest(&self) -> &'static str {
        "GREATEST("
    }

    fn lock(&self) -> Option<&'static str> {
        Some(" FOR UPDATE")
    }

    fn needs_bounded_pages(&self) -> bool {
        false
    }

    fn exists(&self) -> &'static str {
        "EXISTS("
    }

    fn repeats_conditions(&self) -> bool {
        false
    }

    fn seeks_rows(&self) -> bool {
        false
    }

    fn before_estimated(&self) -> &'static str {
        ""
    }

    fn in_list(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Uuid => {
                " IN (SELECT UNHEX(v) FROM JSON_TABLE({},'$[*]' COLUMNS(v CHAR(32) PATH '$')) l)"
            }
            Kind::BigInt | Kind::Int | Kind::Boolean => {
                " IN (SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v BIGINT PATH '$')) l)"
            }
            Kind::Float => " IN (SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v DOUBLE PATH '$')) l)",
            Kind::DateTime => {
                " IN (SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v DATETIME(6) PATH '$')) l)"
            }
            Kind::Date => " IN (SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v DATE PATH '$')) l)",
            Kind::Text | Kind::Enum(_) | Kind::Json => {
                " IN (SELECT v FROM JSON_TABLE({},'$[*]' COLUMNS(v LONGTEXT COLLATE utf8mb4_nopad_bin PATH '$')) l)"
            }
        }
    }

    fn matches(&self, kind: Match) -> &'static str {
        match kind {
            Match::Whole => "{}={?}",
            Match::Contains => "LOCATE({?},{})>0",
            Match::StartsWith => "LEFT({},CHAR_LENGTH({?}))={?}",
            Match::EndsWith => "RIGHT({},CHAR_LENGTH({?}))={?}",
        }
    }

    fn matches_pattern(&self) -> &'static str {
        "{} REGEXP {?}"
    }

    fn json_path(&self, reading: Reading) -> &'static str {
        match reading {
            Reading::Json => "JSON_EXTRACT({},{?})",
            Reading::Number => {
                "CASE WHEN JSON_TYPE(JSON_EXTRACT({},{?})) IN ('INTEGER','DOUBLE') THEN NULLIF(NULLIF(LEAST(GREATEST(CAST(JSON_EXTRACT({},{?}) AS DOUBLE),-1.797e308),1.797e308),1.797e308),-1.797e308) END"
            }
            Reading::Text => {
                "CASE WHEN JSON_TYPE(JSON_EXTRACT({},{?})) = 'STRING' THEN JSON_UNQUOTE(JSON_EXTRACT({},{?})) COLLATE utf8mb4_nopad_bin END"
            }
            Reading::Boolean => {
                "CASE WHEN JSON_TYPE(JSON_EXTRACT({},{?})) = 'BOOLEAN' THEN JSON_EXTRACT({},{?}) = 'true' END"
            }
            Reading::Type => "LOWER(JSON_TYPE(JSON_EXTRACT({},{?})))",
        }
    }

    fn is_array(&self) -> Option<&'static str> {
        Some("JSON_TYPE(JSON_EXTRACT({},{?})) = 'ARRAY'")
    }

    fn search(&self, rare: bool) -> &'static str {
        if rare {
            return "CONCAT({column},' ') REGEXP {?}";
        }
        // In a table of its own, which the limit keeps it: an index of words
        // that is read for one surrounding row after another goes on where it
        // was left, and finds nothing.
        "{key} IN (SELECT {id} FROM (SELECT s.{id} FROM {table} s WHERE MATCH(s.search_index) AGAINST({?} IN BOOLEAN MODE) LIMIT 9223372036854775807) s)"
    }

    fn nulls(&self, _last: bool) -> Option<&'static str> {
        None
    }
}

/// The variance of integers, out of exact sums. The function that
/// `MariaDB` has for it loses as many digits as the numbers are great beside what is
/// between them.
const VARIANCE: &str = "CAST(COUNT({})*SUM(CAST({} AS DECIMAL(20))*{})-SUM({})*SUM({}) AS DOUBLE)/(COUNT({})*(COUNT({})-1))";
/// Its square root.
const DEVIATION: &str = "SQRT(CAST(COUNT({})*SUM(CAST({} AS DECIMAL(20))*{})-SUM({})*SUM({}) AS DOUBLE)/(COUNT({})*(COUNT({})-1)))";

/// The value before the place and a part of the way to the one behind it, out
/// of all of them in order. A text that does not end with the greatest did not
/// fit and was cut off: an error rather than a wrong number. A SELECT that asks
/// a system variable would be null beside an empty page.
const PERCENTILE: &str = "CASE WHEN COUNT({})=0 THEN NULL WHEN SUBSTRING_INDEX(GROUP_CONCAT({} ORDER BY {}),',',-1)+0e0 <> MAX({}) THEN 9223372036854775807*(1+COUNT({})) ELSE SUBSTRING_INDEX(SUBSTRING_INDEX(GROUP_CONCAT({} ORDER BY {}),',',FLOOR({?}*(COUNT({})-1))+1),',',-1)+(SUBSTRING_INDEX(SUBSTRING_INDEX(GROUP_CONCAT({} ORDER BY {}),',',CEIL({?}*(COUNT({})-1))+1),',',-1)-SUBSTRING_INDEX(SUBSTRING_INDEX(GROUP_CONCAT({} ORDER BY {}),',',FLOOR({?}*(COUNT({})-1))+1),',',-1))*({?}*(COUNT({})-1)-FLOOR({?}*(COUNT({})-1))) END";
