use super::collect::{Collector, Selections};
use super::cost;
use super::limits::Limits;
use super::selection::Reader;
use super::tally::{Amount, Tally};
use crate::access::Role;
use crate::catalog::Kind;
use crate::error::ApiError;
use crate::plan::{Content, Grouping, OrderTerm, Population, Step, Value};
use crate::run::Length;

/// What reading an operation has come to so far, against its [`Limits`].
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    pub selections: Selections,
    pub conditions: usize,
    pub items: usize,
    /// Bytes of the texts that are compared with.
    pub texts: usize,
    /// Bytes of the texts and documents that are written.
    pub written: usize,
    /// Rows that may be touched.
    pub cost: u64,
    pub values: u64,
    /// Bytes that the texts among them may come to.
    pub bytes: u64,
    /// Where these come from.
    pub tally: Tally,
}

impl Spent {
    /// What it has come to, as far as that tells how long statements take.
    pub(super) fn amounts(&self) -> Amounts {
        Amounts {
            cost: self.cost,
            values: self.values,
            bytes: self.bytes,
        }
    }

    /// How many bytes of memory it takes until it is answered, about.
    pub(super) fn memory(&self) -> usize {
        self.selections.all * SELECTION
            + self.conditions * CONDITION
            + self.items * ITEM
            + self.texts
            + self.written
    }

    /// Adds what a field costs.
    pub(super) fn charge(&mut self, path: &[String], sort: Amount, units: u64) {
        self.cost = self.cost.saturating_add(units);
        self.tally.add(path, sort, units);
    }

    /// The path of the field that costs most, with all that stands within.
    pub(super) fn costliest(&self) -> Option<String> {
        let most = self.tally.most(&Amount::COST)?;
        Some(most.path.join("."))
    }

    /// Refuses to compare with more texts than anyone may.
    fn check_texts(&self, limits: &Limits) -> Result<(), ApiError> {
        within(
            "texts",
            self.texts,
            limits.texts,
            "bytes of texts to compare with",
        )
    }

    /// Refuses what costs more than the role has, or answers with more than
    /// anyone may have at once.
    pub(super) fn check(&self, limits: &Limits, role: Role) -> Result<(), ApiError> {
        self.check_texts(limits)?;
        cost::check(self.cost, &self.tally, &limits.budgets, role)?;
        let values = (Amount::Values, self.values, limits.values, "values");
        self.check_amount("values", values)?;
        let bytes = (Amount::Bytes, self.bytes, limits.bytes, "bytes of texts");
        self.check_amount("bytes", bytes)
    }

    fn check_amount(
        &self,
        limit: &'static str,
        (amount, may, allowed, what): (Amount, u64, u64, &str),
    ) -> Result<(), ApiError> {
        if may <= allowed {
            return Ok(());
        }
        let most = self.tally.most(&[amount]).unwrap_or_default();
        let message = format!(
            "The operation may come to {may} {what}, and {allowed} are allowed; {} comes to most, \
             {}. Ask for fewer fields there, or for smaller pages.",
            most.path.join("."),
            most.sum(&[amount])
        );
        Err(ApiError::too_complex(limit, message).on(&most.path))
    }
}

/// What statements cost, and how large their answers may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    pub cost: u64,
    values: u64,
    bytes: u64,
}

impl Amounts {
    /// What has come since there were so many.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            cost: self.cost - before.cost,
            values: self.values - before.values,
            bytes: self.bytes - before.bytes,
        }
    }

    /// How long such statements may take.
    pub(super) fn length(self) -> Length {
        cost::length(self.cost, self.values, self.bytes)
    }
}

/// Where reading is, as far as what it comes to depends on it.
pub(super) struct Meter {
    /// How many rows what is being read may stand for.
    fan: u64,
    /// How many groups of rows it may stand for besides.
    repeats: u64,
    /// What the conditions cost on which the statistics that are being read
    /// depend.
    per_measure: u64,
    /// How many relations the condition or sort key that is being read is away
    /// from the rows of its list.
    relations: usize,
    /// How many texts are looked for whatever their case.
    patterns: usize,
    pub spent: Spent,
}

impl Meter {
    pub(super) fn new(spent: Spent) -> Self {
        Self {
            fan: 1,
            repeats: 1,
            per_measure: 0,
            relations: 0,
            patterns: 0,
            spent,
        }
    }
}

impl Reader<'_, '_> {
    /// Counts what is selected of an object, for each row it stands for.
    pub(super) fn spend_selections(
        &mut self,
        collector: &Collector<'_, '_>,
    ) -> Result<(), ApiError> {
        let meter = &mut self.meter;
        let limits = self.request.limits;
        meter.spent.selections.add(collector.looked_at());
        within(
            "depth",
            self.path.len(),
            limits.depth,
            "levels of selections",
        )?;
        meter.spent.selections.check(limits)?;
        meter.spent.check_texts(limits)?;
        collector.check()?;
        let fields = collector.collected.len() as u64;
        let values = fields
            .saturating_mul(meter.fan)
            .saturating_mul(meter.repeats);
        meter.spent.values = meter.spent.values.saturating_add(values);
        meter.spent.tally.add(&self.path, Amount::Values, values);
        Ok(())
    }

    /// Counts one more condition, this deep within its filter.
    pub(super) fn spend_condition(&mut self, depth: usize) -> Result<(), ApiError> {
        self.meter.spent.conditions += 1;
        let limits = self.request.limits;
        within("depth", depth, limits.depth, "levels of conditions")?;
        self.meter.spent.check_texts(limits)?;
        within(
            "conditions",
            self.meter.spent.conditions,
            limits.conditions,
            CONDITIONS,
        )
    }

    /// Counts texts that are looked for whatever their case.
    pub(super) fn spend_patterns(&mut self, patterns: usize) -> Result<(), ApiError> {
        self.meter.patterns += patterns;
        within(
            "patterns",
            self.meter.patterns,
            self.request.limits.patterns,
            "texts under one root field that are looked for whatever their case",
        )
    }

    /// Counts the items of a list that is compared with.
    pub(super) fn spend_items(&mut self, items: usize) -> Result<(), ApiError> {
        self.meter.spent.items += items;
        within(
            "items",
            self.meter.spent.items,
            self.request.limits.items,
            "items in lists",
        )
    }

    /// Counts the texts of a value that is compared with, wherever it is used.
    pub(super) fn spend_texts(&mut self, value: &Value) {
        self.meter.spent.texts += bytes(value);
    }

    /// Counts so many bytes of texts and documents that are written.
    pub(super) fn spend_written(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.meter.spent.written += bytes;
        within(
            "written",
            self.meter.spent.written,
            self.request.limits.written,
            "bytes of texts to write",
        )
    }

    /// Counts what values may come to, for each row they stand for, and several
    /// times where they have been told so often before.
    pub(super) fn spend_bytes(&mut self, content: &Content<'_>, before: usize) {
        self.spend_text(text_of(content), before);
    }

    /// Counts a cursor into rows of that order, for each row it is told of.
    pub(super) fn spend_cursor(&mut self, order: &[OrderTerm<'_>], before: usize) {
        let texts = order.iter().map(|term| text_of(&term.scalar.content));
        // Two digits for each byte.
        self.spend_text(2 * texts.sum::<u64>(), before);
    }

    /// Counts a text of so many bytes likewise.
    pub(super) fn spend_text(&mut self, bytes: u64, before: usize) {
        let meter = &mut self.meter;
        let bytes = if before > ONCE_MORE {
            bytes * AGAIN
        } else {
            bytes
        };
        let rows = meter.fan.saturating_mul(meter.repeats);
        let bytes = bytes.saturating_mul(rows);
        meter.spent.bytes = meter.spent.bytes.saturating_add(bytes);
        meter.spent.tally.add(&self.path, Amount::Bytes, bytes);
    }

    /// Joins a table to rows that statistics are computed over.
    pub(super) fn join<'c>(
        &self,
        population: &mut Population<'c>,
        step: Step<'c>,
    ) -> Result<(), ApiError> {
        let limit = self.request.limits.joins;
        within(
            "joins",
            population.joins.len() + 1,
            limit,
            "tables joined for statistics",
        )?;
        population.joins.push(step);
        Ok(())
    }

    /// Counts what is computed of groups under one field.
    pub(super) fn spend_measures(&self, grouping: &Grouping<'_>) -> Result<(), ApiError> {
        let count = grouping.measures.len() + grouping.derived.len();
        let limit = self.request.limits.measures;
        within(
            "measures",
            count,
            limit,
            "statistics of groups under one field",
        )
    }

    /// Reads a condition or a sort key on the other side of a relation.
    pub(super) fn across<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let limit = self.request.limits.relations;
        within(
            "relations",
            self.meter.relations + 1,
            limit,
            "relations in a row",
        )?;
        self.meter.relations += 1;
        let result = read(self);
        self.meter.relations -= 1;
        result
    }

    /// Adds to the cost, for each row that what is being read hangs on.
    pub(super) fn charge(&mut self, units: u64) {
        self.charge_as(Amount::Rows, units);
    }

    /// The same of rows that are counted rather than told.
    pub(super) fn charge_counts(&mut self, units: u64) {
        self.charge_as(Amount::Counts, units);
    }

    fn charge_as(&mut self, sort: Amount, units: u64) {
        let units = units.saturating_mul(self.meter.fan);
        self.meter.spent.charge(&self.path, sort, units);
    }

    /// Adds a statistic to the cost, for which values are sorted or kept apart
    /// or not, and the condition that it depends on.
    pub(super) fn charge_measure(&mut self, ordered: bool) {
        let (sort, units) = if ordered {
            (Amount::Sorting, cost::ORDERED_MEASURE)
        } else {
            (Amount::Counts, cost::MEASURE)
        };
        self.charge_as(sort, units.saturating_add(self.meter.per_measure));
    }

    /// Reads something, and what it costs for each row it hangs on.
    pub(super) fn priced<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<(T, u64), ApiError> {
        let before = self.meter.spent.cost;
        let result = read(self)?;
        let spent = self.meter.spent.cost - before;
        Ok((result, spent / self.meter.fan.max(1)))
    }

    /// Reads statistics that depend on a condition of that cost, which is
    /// asked anew for each of them.
    pub(super) fn per_condition<T>(
        &mut self,
        price: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let around = self.meter.per_measure;
        self.meter.per_measure = around.saturating_add(price);
        let result = read(self);
        self.meter.per_measure = around;
        result
    }

    /// Reads something that up to `most` rows have, for each row it hangs on.
    pub(super) fn per_row<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.charge(most);
        self.for_each(most, read)
    }

    /// The same of rows that are charged already.
    pub(super) fn for_each<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let around = self.meter.fan;
        self.meter.fan = around.saturating_mul(most);
        let result = read(self);
        self.meter.fan = around;
        result
    }

    /// Reads what is told of each of up to `most` groups. What is computed of
    /// all of them costs as much as of one: every row is in one group.
    pub(super) fn per_group<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.charge(most);
        let around = self.meter.repeats;
        self.meter.repeats = around.saturating_mul(most);
        let result = read(self);
        self.meter.repeats = around;
        result
    }

    /// Reads what is told of up to `most` rows of each group.
    pub(super) fn per_sample<T>(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let groups = std::mem::replace(&mut self.meter.repeats, 1);
        let result = self.per_row(groups.saturating_mul(most), read);
        self.meter.repeats = groups;
        result
    }
}

/// What a selection, a condition and an item of a list take in memory, in bytes.
const SELECTION: usize = 256;
const CONDITION: usize = 512;
const ITEM: usize = 64;

/// What a text comes to that has no bound, in bytes.
const LONG_TEXT: u64 = 4096;
/// How often a text may be told again that counts like any other. Rows of
/// several lists tell theirs again as well.
const ONCE_MORE: usize = 1;
/// How many times a text counts that is told more often than that.
const AGAIN: u64 = 16;

/// How many bytes the text of a value that is read may have; 0 for what is none.
fn text_of(content: &Content<'_>) -> u64 {
    let kind = match content {
        Content::Column(column) => match (&column.kind, column.length) {
            (Kind::Text, Some(length)) => return length.into(),
            (kind, _) => kind,
        },
        Content::Path(_, path) => path.reading.kind(),
        Content::Output(output) => &output.kind,
        Content::Statistic(statistic) => statistic.1.kind(),
        Content::Relevance(_) => return 0,
    };
    match kind {
        Kind::Text | Kind::Json => LONG_TEXT,
        _ => 0,
    }
}

/// How many bytes the texts of a value have.
pub(super) fn bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) | Value::Caseless(_, text) => text.len(),
        Value::List(_, values) => values.iter().map(bytes).sum(),
        Value::Search(words) | Value::RareSearch(words) => {
            words.iter().map(|word| word.word.len()).sum()
        }
        _ => 0,
    }
}

/// What conditions are called, and how one needs fewer.
pub(super) const CONDITIONS: &str =
    "conditions, objects around them included. Give many values as one list (in)";

/// Refuses what comes to more than its limit.
pub(super) fn within(
    limit: &'static str,
    count: usize,
    most: usize,
    what: &str,
) -> Result<(), ApiError> {
    if count <= most {
        return Ok(());
    }
    Err(ApiError::too_complex(
        limit,
        format!("The operation comes to more than {most} {what}. Ask for less at once."),
    ))
}
