use super::mariadb::Mariadb;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use crate::catalog::Kind;
use crate::plan::{Part, Unit};

/// How a database computes the stretch of time that a moment is in.
pub(super) struct Stretch {
    /// Template: what rows of one stretch are equal in.
    pub equal: String,
    /// Template: the key of the stretch, out of that.
    pub key: &'static str,
}

/// In what the databases differ about time. In templates `{}` is a moment or a
/// day, or a number of seconds since 1970 began, and `{z}` the table of
/// [`spans`](Self::spans), for those that are by the clocks of a time zone.
pub(super) trait Calendar {
    /// Template: the spans of a time zone, out of the parameter `{?}` (see
    /// [`Zone::by_year`](crate::plan::Zone::by_year)): their year `y`, their
    /// bounds `f` and `g` in seconds, their offset `o`, and more as it helps.
    fn spans(&self) -> &'static str;
    /// Template: the same by the times that clocks show (see
    /// [`Zone::by_clock`](crate::plan::Zone::by_clock)): the year `y`, the
    /// bounds `b` and `e` of the times, where the span begins `f`, its offset
    /// `o`.
    fn times(&self) -> &'static str;
    /// Template: a moment is in a span.
    fn in_span(&self) -> &'static str;
    /// Template: the year of seconds, as far as zones know years.
    fn year(&self) -> &'static str;
    /// The stretch of time that a moment or day is in.
    fn stretch(&self, unit: Unit, kind: &Kind, zoned: bool) -> Stretch;
    /// Template: the part of a longer stretch that a moment or day is in.
    fn part(&self, part: Part, kind: &Kind, zoned: bool) -> String;
    /// Template: where the stretch after the one that begins at seconds does.
    fn following(&self, unit: Unit) -> &'static str;
    /// Template: seconds as a moment or day in JSON.
    fn moment(&self, kind: &Kind) -> &'static str;
}

/// How many days a week has begun, as a template of the days since 1970, which
/// began on a Thursday.
fn into_week(days: &str, unit: Unit) -> String {
    let Unit::Week(first) = unit else {
        return String::from("0");
    };
    let shift = 10 - first.after_monday();
    format!("(({days}+{shift})%7+7)%7")
}

impl Calendar for Sqlite {
    fn spans(&self) -> &'static str {
        // The limit has it computed once. SQLite takes the list for short, and
        // makes an index only of a table that looks longer, which the second
        // one sees to.
        "(SELECT j.value->>0 AS y,j.value->>1 AS f,j.value->>2 AS g,j.value->>3 AS o,strftime('%Y-%m-%dT%H:%M:%S+00:00',j.value->>1,'unixepoch') AS t,strftime('%Y-%m-%dT%H:%M:%S+00:00',j.value->>2,'unixepoch') AS u,(j.value->>3)||' seconds' AS m FROM json_each({?}) j CROSS JOIN json_each('[0]') LIMIT -1)"
    }

    fn times(&self) -> &'static str {
        "(SELECT j.value->>0 AS y,j.value->>1 AS b,j.value->>2 AS e,j.value->>3 AS f,j.value->>4 AS o FROM json_each({?}) j CROSS JOIN json_each('[0]') LIMIT -1)"
    }

    fn in_span(&self) -> &'static str {
        "{z}.y=min(max(CAST(substr({},1,4) AS INTEGER),1970),2099) AND {}>={z}.t AND coalesce({}<{z}.u,1)"
    }

    fn year(&self) -> &'static str {
        "min(max(CAST(strftime('%Y',{},'unixepoch') AS INTEGER),1970),2099)"
    }

    fn stretch(&self, unit: Unit, _kind: &Kind, zoned: bool) -> Stretch {
        // Its functions would round the fraction of a second up.
        let of = if zoned {
            "substr({},1,19),{z}.m"
        } else {
            "substr({},1,19)"
        };
        let (equal, key) = match unit {
            Unit::Hour if zoned => {
                let seconds = "unixepoch(substr({},1,19))";
                let equal = format!("max({seconds}-(({seconds}+{{z}}.o)%3600+3600)%3600,{{z}}.f)");
                return Stretch { equal, key: "{}" };
            }
            Unit::Week(_) => {
                let day = format!("unixepoch({of},'start of day')");
                let since = into_week(&format!("{day}/86400"), unit);
                (format!("({day}-{since}*86400)"), "{}")
            }
            Unit::Day if zoned => (format!("unixepoch({of},'start of day')"), "{}"),
            Unit::Month if zoned => (format!("unixepoch({of},'start of month')"), "{}"),
            Unit::Year if zoned => (format!("unixepoch({of},'start of year')"), "{}"),
            Unit::Quarter if zoned => (
                format!(
                    "unixepoch({of},'start of month','-'||((strftime('%m',{of})+2)%3)||' months')"
                ),
                "{}",
            ),
            // The text of a moment begins with that of its stretch.
            Unit::Hour => ("substr({},1,13)".to_owned(), "unixepoch({}||':00')"),
            Unit::Day => ("substr({},1,10)".to_owned(), "unixepoch({})"),
            Unit::Month => ("substr({},1,7)".to_owned(), "unixepoch({}||'-01')"),
            Unit::Year => ("substr({},1,4)".to_owned(), "unixepoch({}||'-01-01')"),
            Unit::Quarter => (
                "(substr({},1,5)||substr('01040710',(substr({},6,2)+2)/3*2-1,2))".to_owned(),
                "unixepoch({}||'-01')",
            ),
        };
        Stretch { equal, key }
    }

    fn part(&self, part: Part, _kind: &Kind, zoned: bool) -> String {
        let of = if zoned {
            "substr({},1,19),{z}.m"
        } else {
            "substr({},1,19)"
        };
        match part {
            Part::HourOfDay => format!("CAST(strftime('%H',{of}) AS INTEGER)"),
            Part::DayOfWeek => format!("CAST(strftime('%u',{of}) AS INTEGER)"),
            Part::DayOfMonth => format!("CAST(strftime('%d',{of}) AS INTEGER)"),
            Part::WeekOfYear => format!("CAST(strftime('%V',{of}) AS INTEGER)"),
            Part::MonthOfYear => format!("CAST(strftime('%m',{of}) AS INTEGER)"),
            Part::QuarterOfYear => format!("((strftime('%m',{of})+2)/3)"),
        }
    }

    fn following(&self, unit: Unit) -> &'static str {
        match unit {
            Unit::Hour => "min({}+3600,253402300799)",
            Unit::Day => "min({}+86400,253402300799)",
            Unit::Week(_) => "min({}+604800,253402300799)",
            Unit::Month => {
                "CASE WHEN {} IS NOT NULL THEN coalesce(unixepoch({},'unixepoch','+1 month'),253402300799) END"
            }
            Unit::Quarter => {
                "CASE WHEN {} IS NOT NULL THEN coalesce(unixepoch({},'unixepoch','+3 months'),253402300799) END"
            }
            Unit::Year => {
                "CASE WHEN {} IS NOT NULL THEN coalesce(unixepoch({},'unixepoch','+1 year'),253402300799) END"
            }
        }
    }

    fn moment(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Date => "date({},'unixepoch')",
            _ => "strftime('%Y-%m-%dT%H:%M:%S.000000Z',{},'unixepoch')",
        }
    }
}

impl Calendar for Postgres {
    fn spans(&self) -> &'static str {
        // The offset has it computed once.
        "(SELECT (v->>0)::int AS y,(v->>1)::bigint AS f,(v->>2)::bigint AS g,(v->>3)::bigint AS o,to_timestamp((v->>1)::float8) AS t,to_timestamp((v->>2)::float8) AS u,(v->>3)::int*interval '1 second' AS i FROM jsonb_array_elements(({?}::text)::jsonb) v OFFSET 0)"
    }

    fn times(&self) -> &'static str {
        "(SELECT (v->>0)::int AS y,(v->>1)::bigint AS b,(v->>2)::bigint AS e,(v->>3)::bigint AS f,(v->>4)::bigint AS o FROM jsonb_array_elements(({?}::text)::jsonb) v OFFSET 0)"
    }

    fn in_span(&self) -> &'static str {
        "{z}.y=least(greatest(extract(year from {} AT TIME ZONE 'UTC')::int,1970),2099) AND {}>={z}.t AND {}<{z}.u"
    }

    fn year(&self) -> &'static str {
        "least(greatest(extract(year from to_timestamp({}) AT TIME ZONE 'UTC')::int,1970),2099)"
    }

    fn stretch(&self, unit: Unit, kind: &Kind, zoned: bool) -> Stretch {
        let clock = Self::clock(kind, zoned);
        let equal = match unit {
            Unit::Hour if zoned => {
                format!("greatest(date_trunc('hour',{clock})-{{z}}.i,{{z}}.t AT TIME ZONE 'UTC')")
            }
            Unit::Hour => format!("date_trunc('hour',{clock})"),
            Unit::Day => format!("date_trunc('day',{clock})"),
            Unit::Week(first) => {
                let days = first.after_monday();
                format!("date_trunc('week',{clock}-interval '{days} days')+interval '{days} days'")
            }
            Unit::Month => format!("date_trunc('month',{clock})"),
            Unit::Quarter => format!("date_trunc('quarter',{clock})"),
            Unit::Year => format!("date_trunc('year',{clock})"),
        };
        Stretch {
            equal,
            key: "extract(epoch from {})::bigint",
        }
    }

    fn part(&self, part: Part, kind: &Kind, zoned: bool) -> String {
        let clock = Self::clock(kind, zoned);
        let field = match part {
            Part::HourOfDay => "hour",
            Part::DayOfWeek => "isodow",
            Part::DayOfMonth => "day",
            Part::WeekOfYear => "week",
            Part::MonthOfYear => "month",
            Part::QuarterOfYear => "quarter",
        };
        format!("extract({field} from {clock})::bigint")
    }

    fn following(&self, unit: Unit) -> &'static str {
        match unit {
            Unit::Hour => "least({}+3600,253402300799+0*{})",
            Unit::Day => "least({}+86400,253402300799+0*{})",
            Unit::Week(_) => "least({}+604800,253402300799+0*{})",
            Unit::Month => {
                "least(extract(epoch from (to_timestamp({}) AT TIME ZONE 'UTC')+interval '1 month')::bigint,253402300799+0*{})"
            }
            Unit::Quarter => {
                "least(extract(epoch from (to_timestamp({}) AT TIME ZONE 'UTC')+interval '3 months')::bigint,253402300799+0*{})"
            }
            Unit::Year => {
                "least(extract(epoch from (to_timestamp({}) AT TIME ZONE 'UTC')+interval '1 year')::bigint,253402300799+0*{})"
            }
        }
    }

    fn moment(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Date => "to_char(to_timestamp({}) AT TIME ZONE 'UTC','YYYY-MM-DD')",
            _ => "to_char(to_timestamp({}) AT TIME ZONE 'UTC','YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        }
    }
}

impl Postgres {
    fn clock(kind: &Kind, zoned: bool) -> &'static str {
        match kind {
            Kind::Date => "({})::timestamp",
            _ if zoned => "(({} AT TIME ZONE 'UTC')+{z}.i)",
            _ => "({} AT TIME ZONE 'UTC')",
        }
    }
}

impl Calendar for Mariadb {
    fn spans(&self) -> &'static str {
        // DISTINCT has it made once, with an index.
        "(SELECT DISTINCT y,f,g,o,TIMESTAMP'1970-01-01 00:00:00'+INTERVAL f SECOND AS t,TIMESTAMP'1970-01-01 00:00:00'+INTERVAL g SECOND AS u FROM JSON_TABLE({?},'$[*]' COLUMNS(y INT PATH '$[0]',f BIGINT PATH '$[1]',g BIGINT PATH '$[2]',o INT PATH '$[3]')) j)"
    }

    fn times(&self) -> &'static str {
        "(SELECT DISTINCT y,b,e,f,o FROM JSON_TABLE({?},'$[*]' COLUMNS(y INT PATH '$[0]',b BIGINT PATH '$[1]',e BIGINT PATH '$[2]',f BIGINT PATH '$[3]',o INT PATH '$[4]')) j)"
    }

    fn in_span(&self) -> &'static str {
        "{z}.y=LEAST(GREATEST(YEAR({}),1970),2099) AND IFNULL({}>={z}.t,1) AND IFNULL({}<{z}.u,1)"
    }

    fn year(&self) -> &'static str {
        "LEAST(GREATEST(YEAR(TIMESTAMP'1970-01-01 00:00:00'+INTERVAL {} SECOND),1970),2099)"
    }

    fn stretch(&self, unit: Unit, _kind: &Kind, zoned: bool) -> Stretch {
        let clock = Self::clock(zoned);
        let day = format!("(TO_DAYS({clock})-719528)");
        let equal = match unit {
            Unit::Hour if zoned => {
                format!("GREATEST({day}*86400+HOUR({clock})*3600-{{z}}.o,{{z}}.f)")
            }
            Unit::Hour => format!("({day}*86400+HOUR({clock})*3600)"),
            Unit::Day => format!("({day}*86400)"),
            Unit::Week(_) => format!("(({day}-{})*86400)", into_week(&day, unit)),
            Unit::Month => format!("(({day}-DAYOFMONTH({clock})+1)*86400)"),
            Unit::Quarter => {
                let first = format!("({clock}-INTERVAL (MONTH({clock})-1)%3 MONTH)");
                format!("((TO_DAYS({first})-DAYOFMONTH({first})+1-719528)*86400)")
            }
            Unit::Year => format!("(({day}-DAYOFYEAR({clock})+1)*86400)"),
        };
        Stretch { equal, key: "{}" }
    }

    fn part(&self, part: Part, _kind: &Kind, zoned: bool) -> String {
        let clock = Self::clock(zoned);
        match part {
            Part::HourOfDay => format!("HOUR({clock})"),
            Part::DayOfWeek => format!("(WEEKDAY({clock})+1)"),
            Part::DayOfMonth => format!("DAYOFMONTH({clock})"),
            Part::WeekOfYear => format!("WEEK({clock},3)"),
            Part::MonthOfYear => format!("MONTH({clock})"),
            Part::QuarterOfYear => format!("QUARTER({clock})"),
        }
    }

    fn following(&self, unit: Unit) -> &'static str {
        match unit {
            Unit::Hour => "LEAST({}+3600,253402300799)",
            Unit::Day => "LEAST({}+86400,253402300799)",
            Unit::Week(_) => "LEAST({}+604800,253402300799)",
            Unit::Month => {
                "CASE WHEN {} IS NOT NULL THEN IFNULL((TO_DAYS(DATE'1970-01-01'+INTERVAL {} DIV 86400 DAY+INTERVAL 1 MONTH)-719528)*86400,253402300799) END"
            }
            Unit::Quarter => {
                "CASE WHEN {} IS NOT NULL THEN IFNULL((TO_DAYS(DATE'1970-01-01'+INTERVAL {} DIV 86400 DAY+INTERVAL 1 QUARTER)-719528)*86400,253402300799) END"
            }
            Unit::Year => {
                "CASE WHEN {} IS NOT NULL THEN IFNULL((TO_DAYS(DATE'1970-01-01'+INTERVAL {} DIV 86400 DAY+INTERVAL 1 YEAR)-719528)*86400,253402300799) END"
            }
        }
    }

    fn moment(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Date => {
                "DATE_FORMAT(TIMESTAMP'1970-01-01 00:00:00'+INTERVAL {} SECOND,'%Y-%m-%d')"
            }
            _ => {
                "DATE_FORMAT(TIMESTAMP'1970-01-01 00:00:00'+INTERVAL {} SECOND,'%Y-%m-%dT%H:%i:%s.000000Z')"
            }
        }
    }
}

impl Mariadb {
    fn clock(zoned: bool) -> &'static str {
        if zoned {
            "({} + INTERVAL {z}.o SECOND)"
        } else {
            "{}"
        }
    }
}
