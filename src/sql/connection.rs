use super::grouping::PARENT;
use super::statement::Writer;
use super::statistic::Over;
use crate::plan::{
    Connection, ConnectionMember, EdgeMember, Facet, Grouping, Outside, PageInfoMember, Predicate,
    Rows, Source,
};

/// The place of a row within its page, counted from 1 in reading order.
const NUMBER: &str = "#n";
/// How many rows there are up to one past the page, on every row of it.
const READ: &str = "#c";

/// A connection being written, with what its members ask of the page.
#[derive(Clone, Copy)]
pub(super) struct Page<'p, 'c> {
    pub(super) connection: &'p Connection<'c>,
    /// The prefix of the alias that has [`NUMBER`] and [`READ`].
    numbers: char,
    numbered: bool,
    /// Whether rows have to be put in order when they are gathered.
    gathered_in_order: bool,
}

impl Writer {
    /// Writes the JSON object of a connection and the FROM it gathers it from,
    /// without the SELECT in front.
    ///
    /// The rows come from a derived table that holds just the page. Where such
    /// a table cannot refer to the surrounding row (`MariaDB`), a nested page is
    /// gathered as an array of keys first, which may.
    pub(super) fn connection(&mut self, connection: &Connection<'_>, nested: bool) {
        let by_keys = nested
            && matches!(connection.rows, Rows::Entity(_))
            && !self.grammar.correlates_derived_tables();
        let gathered_in_order = !self.keeps_order(connection);
        let page = Page {
            connection,
            numbers: if by_keys { 'k' } else { 't' },
            numbered: by_keys
                || connection.backward
                || connection.looks_ahead()
                || connection.reads_end()
                || gathered_in_order,
            gathered_in_order,
        };
        // A SELECT within one that finds no rows may be null on MariaDB, so
        // that no groups are made beside what is read of a page.
        let apart = !self.grammar.correlates_derived_tables() && connection.makes_groups_besides();
        self.around_page(page, nested, |writer| {
            writer.members(&connection.members, |writer, member| {
                if apart && connection.reads_for(member) {
                    writer.push("(SELECT ");
                    writer.connection_member(page, member, nested);
                    writer.page_from(page, nested, by_keys);
                    writer.push(")");
                } else {
                    writer.connection_member(page, member, nested);
                }
            });
        });
        if connection.reads_page() && !apart {
            self.page_from(page, nested, by_keys);
        }
    }

    /// Whether rows of the page come in its order.
    fn keeps_order(&self, connection: &Connection<'_>) -> bool {
        let is_joined = matches!(&connection.rows, Rows::Groups(grouping)
            if grouping.is_joined());
        self.grammar.keeps_derived_order() && !is_joined
    }

    fn page_from(&mut self, page: Page<'_, '_>, nested: bool, by_keys: bool) {
        let connection = page.connection;
        self.push(" FROM ");
        match &connection.rows {
            Rows::Entity(source) if by_keys => self.page_by_keys(page, source),
            Rows::Groups(grouping) if nested && !self.grammar.correlates_derived_tables() => {
                self.page_of_groups(page, grouping, true);
            }
            _ => self.page(page),
        }
    }

    fn connection_member(
        &mut self,
        page: Page<'_, '_>,
        member: &ConnectionMember<'_>,
        nested: bool,
    ) {
        match member {
            ConnectionMember::Typename(name) => self.literal(name),
            ConnectionMember::Nodes(_) | ConnectionMember::Edges(_)
                if page.connection.is_empty() =>
            {
                self.push(self.grammar.empty_array());
            }
            ConnectionMember::Nodes(object) => {
                self.gather(page, |writer| writer.object(object));
            }
            ConnectionMember::Edges(edges) => self.gather(page, |writer| {
                writer.members(edges, |writer, member| match member {
                    EdgeMember::Typename(name) => writer.literal(name),
                    EdgeMember::Cursor => writer.page_cursor(page),
                    EdgeMember::Node(object) => writer.object(object),
                });
            }),
            ConnectionMember::PageInfo(members) => {
                self.members(members, |writer, member| writer.page_info(page, *member));
            }
            ConnectionMember::TotalCount => {
                self.push("(SELECT count(*) ");
                self.rows_from(&page.connection.rows, &[], &[]);
                self.push(")");
            }
            ConnectionMember::Totals(aggregate) => {
                self.push("(");
                match &page.connection.rows {
                    Rows::Groups(grouping) => self.totals(grouping, aggregate),
                    Rows::Entity(_) => self.aggregate(aggregate),
                }
                self.push(")");
            }
            ConnectionMember::Summary(members) => {
                self.push("(");
                self.statistics(Over::Groups(&page.connection.rows), members, None);
                self.push(")");
            }
            ConnectionMember::Facets(members) => {
                self.members(members, |writer, member| writer.facet(member, nested));
            }
        }
    }

    fn facet(&mut self, facet: &Facet<'_>, nested: bool) {
        match facet {
            Facet::Typename(name) => self.literal(name),
            Facet::Object(members) => {
                self.members(members, |writer, member| writer.facet(member, nested));
            }
            Facet::Counts(connection) => {
                let gathered_in_order = !self.keeps_order(connection);
                let page = Page {
                    connection,
                    numbers: 't',
                    numbered: gathered_in_order,
                    gathered_in_order,
                };
                self.push("(SELECT ");
                self.around_page(page, nested, |writer| {
                    for (_, nodes) in &connection.members {
                        writer.connection_member(page, nodes, nested);
                    }
                });
                if connection.reads_page() {
                    self.page_from(page, nested, false);
                }
                self.push(")");
            }
        }
    }

    /// Gathers a value from each row of the page, in the list's order.
    fn gather(&mut self, page: Page<'_, '_>, value: impl Fn(&mut Self)) {
        let or_empty = self.grammar.or_empty();
        self.template(or_empty, |writer| {
            writer.push(writer.grammar.json_gather());
            value(writer);
            if page.connection.backward {
                writer.push(" ORDER BY ");
                writer.number(page, NUMBER);
                writer.push(" DESC");
            } else if page.gathered_in_order {
                writer.push(" ORDER BY ");
                writer.number(page, NUMBER);
            }
            writer.push(")");
        });
    }

    fn page_info(&mut self, page: Page<'_, '_>, member: PageInfoMember) {
        let Page { connection, .. } = page;
        match member {
            PageInfoMember::Typename => self.literal("PageInfo"),
            PageInfoMember::HasNextPage => {
                self.more(page, !connection.backward, &connection.following);
            }
            PageInfoMember::HasPreviousPage => {
                self.more(page, connection.backward, &connection.preceding);
            }
            PageInfoMember::StartCursor | PageInfoMember::EndCursor if connection.is_empty() => {
                self.push("NULL");
            }
            PageInfoMember::StartCursor => self.end_cursor(page, connection.backward),
            PageInfoMember::EndCursor => self.end_cursor(page, !connection.backward),
        }
    }

    /// Whether there are more rows on one side: within the window, if pages
    /// are counted towards that side, or outside of it.
    fn more(&mut self, page: Page<'_, '_>, ahead: bool, outside: &Outside<'_>) {
        let condition = self.grammar.json_condition();
        self.template(condition, |writer| {
            if ahead {
                writer.push("coalesce(max(");
                writer.number(page, READ);
                writer.push("),0) > ");
                writer.param(page.connection.size);
            }
            if let Outside::Rows(rows) = outside {
                writer.push(if ahead { " OR " } else { "" });
                writer.push(writer.grammar.exists());
                writer.push("SELECT 1 ");
                writer.rows_from(&page.connection.rows, &[rows], &[]);
                writer.push(")");
            } else if !ahead {
                writer.predicate(&Predicate::False);
            }
        });
    }

    /// The position of the page's row that was read last or first.
    fn end_cursor(&mut self, page: Page<'_, '_>, last: bool) {
        self.push("max(CASE WHEN ");
        self.number(page, NUMBER);
        self.push(" = ");
        if last {
            self.push(self.grammar.least());
            self.number(page, READ);
            self.push(",");
            self.param(page.connection.size);
            self.push(")");
        } else {
            self.push("1");
        }
        self.push(" THEN ");
        self.page_cursor(page);
        self.push(" END)");
    }

    fn page_cursor(&mut self, page: Page<'_, '_>) {
        self.cursor(page.connection.fingerprint, &page.connection.order);
    }

    fn number(&mut self, page: Page<'_, '_>, column: &str) {
        let alias = page.connection.rows.alias();
        self.push(page.numbers.encode_utf8(&mut [0; 4]));
        self.push(&alias.0.to_string());
        self.push(".");
        self.name(column);
    }

    /// Writes the page as a derived table under the source's own alias.
    fn page(&mut self, page: Page<'_, '_>) {
        let connection = page.connection;
        let alias = connection.rows.alias();
        if page.numbered {
            self.push("(SELECT ");
            self.alias(alias);
            self.push(".*");
            if let Rows::Groups(grouping) = &connection.rows {
                self.bounds(grouping);
            }
            self.push(", row_number() OVER (ORDER BY ");
            self.order(&connection.order, connection.backward);
            self.push(") AS ");
            self.name(NUMBER);
            self.push(", count(*) OVER () AS ");
            self.name(READ);
            self.push(" FROM ");
        }
        self.page_rows(connection);
        if page.numbered {
            if let Rows::Groups(grouping) = &connection.rows {
                self.spans_of_bounds(grouping);
            }
            self.push(") ");
            self.alias(alias);
        }
        if let Rows::Groups(grouping) = &connection.rows {
            self.samples(grouping);
        }
        if page.numbered && connection.looks_ahead() {
            self.push(" WHERE ");
            self.number(page, NUMBER);
            self.push(" <= ");
            self.param(connection.kept());
        }
    }

    /// Writes the rows of a page as a derived table, up to one past it.
    pub(super) fn page_rows(&mut self, connection: &Connection<'_>) {
        let alias = connection.rows.alias();
        let bounded = connection.offset.is_none() && self.grammar.needs_bounded_pages();
        if bounded {
            self.push("(SELECT ");
            self.alias(alias);
            self.push(".* FROM ");
        }
        self.push("(SELECT ");
        if let Some(columns) = connection.columns() {
            self.separated(columns, ", ", |writer, column| {
                writer.column(alias, &column.name);
            });
        } else {
            self.alias(alias);
            self.push(".*");
        }
        self.push(" ");
        self.rows_from(
            &connection.rows,
            &[&connection.window],
            &connection.outputs(),
        );
        self.push(" ORDER BY ");
        self.order(&connection.order, connection.backward);
        if bounded {
            self.push(&format!(" LIMIT {}) ", connection.largest + 1));
            self.alias(alias);
        }
        self.push(" LIMIT ");
        self.limit(connection, connection.looks_ahead());
        self.push(") ");
        self.alias(alias);
    }

    fn limit(&mut self, connection: &Connection<'_>, ahead: bool) {
        self.push(self.grammar.before_estimated());
        self.param(if ahead {
            connection.fetch
        } else {
            connection.size
        });
        if let Some(offset) = connection.offset {
            self.push(" OFFSET ");
            self.push(self.grammar.before_estimated());
            self.param(offset);
        }
    }

    /// Writes the page as an array of keys, joined to its rows.
    fn page_by_keys(&mut self, page: Page<'_, '_>, source: &Source<'_>) {
        let connection = page.connection;
        let key = &source.entity().key().name;
        self.push("JSON_TABLE((SELECT JSON_OBJECT('c',COUNT(*)");
        if let Some(offset) = connection.offset {
            self.push("-");
            self.param(offset);
        }
        self.push(",'k',JSON_ARRAYAGG(HEX(");
        self.column(source.alias(), key);
        self.push(") ORDER BY ");
        self.order(&connection.order, connection.backward);
        self.push(" LIMIT ");
        if let Some(offset) = connection.offset {
            self.param(offset);
            self.push(",");
        }
        self.param(connection.kept());
        self.push(")) ");
        self.from(source, &[&connection.window]);
        self.push("),'$' COLUMNS(");
        self.name(READ);
        self.push(" BIGINT PATH '$.c',NESTED PATH '$.k[*]' COLUMNS(");
        self.name(NUMBER);
        self.push(" FOR ORDINALITY,id CHAR(32) PATH '$'))) k");
        self.push(&source.alias().0.to_string());
        self.push(" STRAIGHT_JOIN ");
        self.table(source);
        self.push(" ON ");
        self.column(source.alias(), key);
        self.push(" = UNHEX(k");
        self.push(&source.alias().0.to_string());
        self.push(".id)");
    }

    /// Writes a page of groups, or where it is nested the pages of all rows that
    /// may surround it.
    pub(super) fn groups_of_page(&mut self, connection: &Connection<'_>, nested: bool) {
        let page = Page {
            connection,
            numbers: 't',
            numbered: false,
            gathered_in_order: false,
        };
        match &connection.rows {
            Rows::Groups(grouping) if nested => self.page_of_groups(page, grouping, false),
            _ => self.page(page),
        }
    }

    /// Writes the nested page of groups of the surrounding row, or of each that
    /// may be.
    fn page_of_groups(&mut self, page: Page<'_, '_>, grouping: &Grouping<'_>, of_one: bool) {
        let connection = page.connection;
        let grouping = &grouping.reading(&connection.outputs(), &[&connection.window]);
        self.push("(SELECT ");
        self.alias(grouping.alias);
        self.push(".*");
        self.bounds(grouping);
        self.push(", row_number() OVER (PARTITION BY ");
        self.column(grouping.alias, PARENT);
        self.push(" ORDER BY ");
        self.order(&connection.order, connection.backward);
        self.push(")");
        self.skipped(connection);
        self.push(" AS ");
        self.name(NUMBER);
        self.push(", count(*) OVER (PARTITION BY ");
        self.column(grouping.alias, PARENT);
        self.push(")");
        self.skipped(connection);
        self.push(" AS ");
        self.name(READ);
        self.push(" FROM ");
        self.groups(grouping);
        self.spans_of_bounds(grouping);
        self.wanted_groups(" WHERE ", grouping, &[&connection.window]);
        self.push(") ");
        self.alias(grouping.alias);
        self.samples(grouping);
        self.push(" WHERE ");
        if of_one {
            self.of_parent(grouping);
            self.push(" AND ");
        }
        self.number(page, NUMBER);
        self.push(" <= ");
        self.param(connection.kept());
        if connection.offset.is_some() {
            self.push(" AND ");
            self.number(page, NUMBER);
            self.push(" > 0");
        }
    }

    /// Writes what is taken off the number of a row where some are skipped.
    fn skipped(&mut self, connection: &Connection<'_>) {
        if let Some(offset) = connection.offset {
            self.push("-");
            self.param(offset);
        }
    }
}
