//! Whether rows that came from anywhere, in any order, are those of a data set.
//!
//! The id of a row tells its number, and its check bits tell a row that never belonged; a bitmap of
//! the row numbers tells which are lost and which came more than once; and values that are generated
//! anew tell which were altered. So nothing is needed to compare with but the description of the
//! data set, and memory for about an eighth of a byte for each row.
//!
//! A [`Check`] is fed record batches, by any number of threads at once; several of them, from several
//! processes, can be [merged](Check::merge); a [`Report`] is what it comes to.

mod error;
mod examples;
mod ids;
mod report;
mod seen;
mod text;
mod values;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema as ArrowSchema;

use crate::columns::ValueColumn;
use crate::columns::uuid::UuidColumn;
use crate::dataset::DataSet;
use crate::rows::RowRange;
use crate::schema::Column;
pub use error::CheckError;
use examples::{AlteredValue, Examples};
pub use ids::{ByteOrder, row_of_text};
use ids::{FoundIds, FoundRow};
pub use report::{
    Altered, AlteredExample, Duplicated, DuplicatedExample, Foreign, ForeignRow, Lost, RenamedColumn, Report,
    Scope,
};
pub use seen::MAX_ROWS;
use seen::SeenRows;
use values::{FoundValues, Narrowing};

/// How many rows are looked at together: few enough that what is made of them stays in a core's cache.
const BLOCK_ROWS: usize = 1_024;

/// What is checked, and how strictly.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The rows to check, of those that the data set has; all others are passed over.
    pub rows: RowRange,
    /// The columns to check beside the ids; `None` for all.
    pub columns: Option<Vec<String>>,
    /// By how many units in the last place, of the declared width, a number may differ.
    pub tolerance_ulps: u64,
    /// Whether rows may be missing: then only what is there is judged.
    pub partial: bool,
    /// How many examples of each kind of difference the report gives.
    pub example_limit: usize,
}

impl CheckOptions {
    /// All rows and columns of `data_set`, to the bit.
    pub fn whole(data_set: &DataSet) -> Self {
        Self { rows: data_set.rows(), columns: None, tolerance_ulps: 0, partial: false, example_limit: 5 }
    }
}

/// A column that is compared, beside the ids.
#[derive(Clone, Debug)]
struct CheckedColumn {
    /// Its place in the schema.
    index: usize,
    name: String,
    values: Arc<ValueColumn>,
}

/// A running check.
///
/// ```
/// use samplegen::check::{Check, CheckOptions};
/// use samplegen::{Batches, DataSet, FloatWidth, IdForm, RowRange, Schema};
///
/// let schema = Schema::classifier(2, IdForm::Text, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 1_000).unwrap(), 0)?;
/// let batches = Batches::new(&data_set);
///
/// // Two workers see two parts of a copy, in any order.
/// let worker = |rows| -> Result<Check, Box<dyn std::error::Error>> {
///     let check = Check::new(&data_set, CheckOptions::whole(&data_set))?;
///     check.feed(&batches.batch(rows)?)?;
///     Ok(check)
/// };
/// let mut check = worker(RowRange::new(600, 400).unwrap())?;
/// check.merge(worker(RowRange::new(0, 599).unwrap())?)?;
///
/// let report = check.report();
/// assert!(!report.whole);
/// assert_eq!((report.lost.count, report.lost.examples[0]), (1, RowRange::new(599, 1).unwrap()));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Check {
    data_set: DataSet,
    options: CheckOptions,
    id_name: String,
    ids: UuidColumn,
    columns: Vec<CheckedColumn>,
    /// Where each column of the data set stands among those that are checked, by its name.
    slots: HashMap<String, Option<usize>>,
    seen: SeenRows,
    findings: Mutex<Findings>,
}

/// Where the ids stand among the columns that are checked; all others stand behind them, in order.
const ID_SLOT: usize = 0;

/// What has been found so far, beside the rows seen.
#[derive(Debug)]
struct Findings {
    rows: u64,
    rows_elsewhere: u64,
    altered_rows: u64,
    /// Altered values of each column, by its place in the schema.
    altered_values: BTreeMap<usize, u64>,
    foreign_rows: u64,
    surplus_rows: u64,
    altered: Examples<AlteredValue>,
    foreign: Examples<ForeignRow>,
    /// Rows that came more than once.
    duplicated: BTreeMap<u64, Repeats>,
    /// Ids whose first three groups of bytes were turned round.
    reversed_ids: u64,
    narrowed: BTreeSet<usize>,
    ignored_columns: BTreeSet<String>,
    renamed_columns: BTreeSet<RenamedColumn>,
}

/// How often a row came beside the first time, and the first by its name of the files in which it came again.
#[derive(Clone, Debug)]
struct Repeats {
    times: u64,
    file: Option<PathBuf>,
}

impl Findings {
    fn with_limit(limit: usize) -> Self {
        Self {
            rows: 0,
            rows_elsewhere: 0,
            altered_rows: 0,
            altered_values: BTreeMap::new(),
            foreign_rows: 0,
            surplus_rows: 0,
            altered: Examples::new(limit),
            foreign: Examples::new(limit),
            duplicated: BTreeMap::new(),
            reversed_ids: 0,
            narrowed: BTreeSet::new(),
            ignored_columns: BTreeSet::new(),
            renamed_columns: BTreeSet::new(),
        }
    }

    /// The smallest rows are kept. A row that is dropped can never be among the smallest again, so the
    /// counts of those that are kept are exact.
    fn duplicate(&mut self, row: u64, repeats: Repeats, limit: usize) {
        match self.duplicated.entry(row) {
            Entry::Vacant(entry) => drop(entry.insert(repeats)),
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.times += repeats.times;
                known.file = [known.file.take(), repeats.file].into_iter().flatten().min();
            }
        }
        if self.duplicated.len() > limit {
            self.duplicated.pop_last();
        }
    }

    fn merge(&mut self, other: Self, limit: usize) {
        self.rows += other.rows;
        self.rows_elsewhere += other.rows_elsewhere;
        self.altered_rows += other.altered_rows;
        for (column, count) in other.altered_values {
            *self.altered_values.entry(column).or_insert(0) += count;
        }
        self.foreign_rows += other.foreign_rows;
        self.surplus_rows += other.surplus_rows;
        self.altered.merge(other.altered);
        self.foreign.merge(other.foreign);
        for (row, repeats) in other.duplicated {
            self.duplicate(row, repeats, limit);
        }
        self.reversed_ids += other.reversed_ids;
        self.narrowed.extend(other.narrowed);
        self.ignored_columns.extend(other.ignored_columns);
        self.renamed_columns.extend(other.renamed_columns);
    }
}

impl Check {
    /// A check of `data_set` that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// If the data set has no ids, or not the columns that the options name, or there are more rows than
    /// [`MAX_ROWS`].
    pub fn new(data_set: &DataSet, options: CheckOptions) -> Result<Self, CheckError> {
        if options.rows.count() > MAX_ROWS {
            return Err(CheckError::TooManyRows { rows: options.rows.count() });
        }
        let described = data_set.columns();
        let mut all = described.clone().zip(data_set.values()).enumerate();
        let (id_index, id_name, ids) = all
            .find_map(|(index, (column, values))| Some((index, column.name.clone(), *values.as_uuids()?)))
            .ok_or(CheckError::NoIds)?;
        let wanted: Option<HashSet<&str>> =
            options.columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        if let Some(names) = &options.columns {
            let has: HashSet<&str> = described.clone().map(|column| column.name.as_str()).collect();
            if let Some(name) = names.iter().find(|name| !has.contains(name.as_str())) {
                return Err(CheckError::NoSuchColumn(name.clone()));
            }
        }
        let wanted =
            |column: &Column| wanted.as_ref().is_none_or(|names| names.contains(column.name.as_str()));
        let columns: Vec<_> = described
            .clone()
            .zip(data_set.values())
            .enumerate()
            .filter(|(index, (column, _))| *index != id_index && wanted(column))
            .map(|(index, (column, values))| CheckedColumn {
                index,
                name: column.name.clone(),
                values: Arc::clone(values),
            })
            .collect();
        let mut slots: HashMap<_, _> = described.map(|column| (column.name.clone(), None)).collect();
        let checked = std::iter::once(&id_name).chain(columns.iter().map(|column| &column.name));
        slots.extend(checked.enumerate().map(|(slot, name)| (name.clone(), Some(slot))));
        Ok(Self {
            seen: SeenRows::new(options.rows),
            findings: Mutex::new(Findings::with_limit(options.example_limit)),
            data_set: data_set.clone(),
            options,
            id_name,
            ids,
            columns,
            slots,
        })
    }

    /// The memory that the row numbers may take, once all of them have come: an eighth of a byte for each
    /// row, and as much again where rows come more than once.
    pub fn memory_bytes(&self) -> u64 {
        self.options.rows.count().div_ceil(8)
    }

    /// The names of the columns that batches must have: the ids and those that are checked.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id_name.as_str()).chain(self.columns.iter().map(|column| column.name.as_str()))
    }

    /// Takes note of the columns of a copy that are none of the data set's, and makes sure that those
    /// to check are there.
    ///
    /// # Errors
    ///
    /// If a column is missing or there twice.
    pub fn inspect_schema(&self, schema: &ArrowSchema) -> Result<(), CheckError> {
        let found = self.names_in(schema)?;
        let renamed = self.column_names().zip(&found).filter(|(name, found)| name != *found);
        let renamed = renamed
            .map(|(name, found)| RenamedColumn { column: name.to_owned(), found: (*found).to_owned() });
        let known: HashSet<&str> = found.iter().copied().collect();
        let names = schema.fields().iter().map(|field| field.name());
        let extra = names.filter(|name| !self.slots.contains_key(*name) && !known.contains(name.as_str()));
        let mut findings = self.locked();
        findings.renamed_columns.extend(renamed);
        findings.ignored_columns.extend(extra.cloned());
        Ok(())
    }

    /// What the columns that are checked are called in a copy with this schema: the ids first, then the others.
    ///
    /// # Errors
    ///
    /// Those of [`inspect_schema`](Self::inspect_schema).
    pub fn names_in<'a>(&self, schema: &'a ArrowSchema) -> Result<Vec<&'a str>, CheckError> {
        let places = self.places(schema)?;
        Ok(places.iter().map(|place| schema.field(*place).name().as_str()).collect())
    }

    /// Where the columns that are checked stand in a copy with this schema. A column that is not there by its
    /// name may be there in upper or lower case, as several databases export it.
    fn places(&self, schema: &ArrowSchema) -> Result<Vec<usize>, CheckError> {
        let mut places = vec![None; 1 + self.columns.len()];
        for (place, field) in schema.fields().iter().enumerate() {
            if let Some(Some(slot)) = self.slots.get(field.name())
                && places[*slot].replace(place).is_some()
            {
                return Err(CheckError::AmbiguousColumn(field.name().clone()));
            }
        }
        if places.contains(&None) {
            let mut lower_case: HashMap<String, Option<usize>> = HashMap::new();
            for (place, field) in schema.fields().iter().enumerate() {
                if !self.slots.contains_key(field.name()) {
                    let name = field.name().to_lowercase();
                    lower_case.entry(name).and_modify(|known| *known = None).or_insert(Some(place));
                }
            }
            for (place, name) in
                places.iter_mut().zip(self.column_names()).filter(|(place, _)| place.is_none())
            {
                match lower_case.get(&name.to_lowercase()) {
                    Some(Some(found)) => *place = Some(*found),
                    Some(None) => return Err(CheckError::AmbiguousColumn(name.to_owned())),
                    None => return Err(missing(name, schema)),
                }
            }
            let mut taken = HashSet::new();
            if let Some(twice) = places.iter().flatten().find(|place| !taken.insert(**place)) {
                return Err(CheckError::AmbiguousColumn(schema.field(*twice).name().clone()));
            }
        }
        Ok(places.into_iter().flatten().collect())
    }

    /// Looks at the rows of `batch`.
    ///
    /// # Errors
    ///
    /// If the batch lacks a column that is checked, or has one of a type that cannot be compared. Then
    /// none of its rows count.
    pub fn feed(&self, batch: &RecordBatch) -> Result<(), CheckError> {
        self.feed_from(batch, None)
    }

    /// Looks at the rows of `batch`, which came from `file`, as the examples of the report will say.
    ///
    /// # Errors
    ///
    /// Those of [`feed`](Self::feed).
    pub fn feed_from(&self, batch: &RecordBatch, file: Option<&Path>) -> Result<(), CheckError> {
        let places = self.places(batch.schema_ref())?;
        let id_array = ids::plain(&self.id_name, batch.column(places[ID_SLOT]))?;
        let found_ids = FoundIds::new(&self.id_name, &id_array)?;
        let plain: Vec<ArrayRef> = self
            .columns
            .iter()
            .zip(&places[ID_SLOT + 1..])
            .map(|(column, place)| ids::plain(&column.name, batch.column(*place)))
            .collect::<Result<_, _>>()?;
        let found: Vec<FoundValues> = self
            .columns
            .iter()
            .zip(&plain)
            .map(|(column, array)| {
                FoundValues::new(&column.name, &column.values, array, self.options.tolerance_ulps)
            })
            .collect::<Result<_, _>>()?;

        let mut findings = Findings::with_limit(self.options.example_limit);
        findings.rows = batch.num_rows() as u64;
        for (column, values) in self.columns.iter().zip(&found) {
            if values.narrowing() == Narrowing::To32Bits {
                findings.narrowed.insert(column.index);
            }
        }
        let mut block = Block::default();
        let mut start = 0;
        while start < batch.num_rows() {
            let rows = BLOCK_ROWS.min(batch.num_rows() - start);
            self.identify(&found_ids, start, rows, file, &mut block, &mut findings);
            self.compare(&found, &block, file, &mut findings);
            start += rows;
        }
        self.locked().merge(findings, self.options.example_limit);
        Ok(())
    }

    /// Finds out which rows those from `start` on are, and notes that they were seen.
    fn identify(
        &self,
        ids: &FoundIds,
        start: usize,
        count: usize,
        file: Option<&Path>,
        block: &mut Block,
        findings: &mut Findings,
    ) {
        block.clear();
        if let Some(first_row) = ids.consecutive_rows(&self.ids, start, count) {
            let rows = first_row..=first_row.wrapping_add(count as u64 - 1);
            if !rows.is_empty()
                && self.options.rows.contains(*rows.start())
                && self.options.rows.contains(*rows.end())
            {
                block.rows.extend(rows);
                block.positions.extend(start..start + count);
            }
        }
        if block.rows.is_empty() {
            for position in start..start + count {
                let mut foreign = |reason: String| {
                    findings.foreign_rows += 1;
                    let (id, file) = (|| ids.text(position), || file.map(Path::to_owned));
                    findings.foreign.offer(|| ForeignRow { id: id(), reason, file: file() });
                };
                match ids.row(&self.ids, position) {
                    FoundRow::Row(row, order) if self.options.rows.contains(row) => {
                        block.rows.push(row);
                        block.positions.push(position);
                        findings.reversed_ids += u64::from(order == ByteOrder::GroupsReversed);
                    }
                    FoundRow::Row(row, _) if self.data_set.rows().contains(row) => {
                        findings.rows_elsewhere += 1;
                    }
                    FoundRow::Row(row, _) => foreign(format!("row {row} is not one of the data set's")),
                    FoundRow::Foreign(reason) => foreign(reason.to_owned()),
                }
            }
        }
        self.seen.insert(&block.rows, |row| {
            findings.surplus_rows += 1;
            let repeats = Repeats { times: 1, file: file.map(Path::to_owned) };
            findings.duplicate(row, repeats, self.options.example_limit);
        });
    }

    /// Compares the values of the block's rows with those that the rows should have.
    fn compare(&self, found: &[FoundValues], block: &Block, file: Option<&Path>, findings: &mut Findings) {
        let mut altered: Vec<usize> = Vec::new();
        for (column, values) in self.columns.iter().zip(found) {
            if values.all_equal(&block.rows, &block.positions) {
                continue;
            }
            for (&row, &position) in block.rows.iter().zip(&block.positions) {
                if !values.equal(row, position) {
                    altered.push(position);
                    *findings.altered_values.entry(column.index).or_insert(0) += 1;
                    findings.altered.offer(|| AlteredValue {
                        row,
                        column: column.index,
                        expected: values.expected_text(row),
                        found: values.found_text(position),
                        file: file.map(Path::to_owned),
                    });
                }
            }
        }
        altered.sort_unstable();
        altered.dedup();
        findings.altered_rows += altered.len() as u64;
    }

    /// Adds what another check of the same data set has seen.
    ///
    /// # Errors
    ///
    /// If the two do not check the same.
    pub fn merge(&mut self, other: Self) -> Result<(), CheckError> {
        let alike = self.data_set == other.data_set
            && self.options.rows == other.options.rows
            && self.options.tolerance_ulps == other.options.tolerance_ulps
            && self.options.partial == other.options.partial
            && self.options.example_limit == other.options.example_limit
            && self.column_names().eq(other.column_names());
        if !alike {
            return Err(CheckError::Unlike);
        }
        let limit = self.options.example_limit;
        let mut findings = self.locked();
        findings.merge(other.findings.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()), limit);
        self.seen.merge(&other.seen, |row| {
            findings.surplus_rows += 1;
            findings.duplicate(row, Repeats { times: 1, file: None }, limit);
        });
        Ok(())
    }

    /// What has come to light so far.
    pub fn report(&self) -> Report {
        let findings = self.locked();
        let limit = self.options.example_limit;
        let expected = self.options.rows.count();
        let distinct = self.seen.distinct();
        let name = |index: &usize| self.data_set.column(*index).name.clone();
        let lost = if self.options.partial { 0 } else { expected - distinct };
        let mut report = Report {
            whole: false,
            partial: self.options.partial,
            scope: Scope {
                rows: self.options.rows,
                of_rows: self.data_set.rows(),
                columns: self.column_names().map(str::to_owned).collect(),
                all_columns: 1 + self.columns.len() == self.data_set.values().len(),
                tolerance_ulps: self.options.tolerance_ulps,
            },
            expected,
            distinct,
            seen: findings.rows - findings.rows_elsewhere,
            elsewhere: findings.rows_elsewhere,
            lost: Lost {
                count: lost,
                examples: if lost == 0 { Vec::new() } else { self.seen.missing().take(limit).collect() },
            },
            duplicated: Duplicated {
                count: self.seen.repeated(),
                surplus: findings.surplus_rows,
                examples: findings
                    .duplicated
                    .iter()
                    .map(|(row, repeats)| DuplicatedExample {
                        row: *row,
                        times: repeats.times + 1,
                        file: repeats.file.clone(),
                    })
                    .collect(),
            },
            altered: Altered {
                count: findings.altered_rows,
                by_column: findings
                    .altered_values
                    .iter()
                    .map(|(index, count)| (name(index), *count))
                    .collect(),
                examples: findings
                    .altered
                    .iter()
                    .map(|value| report::AlteredExample {
                        row: value.row,
                        column: name(&value.column),
                        expected: value.expected.clone(),
                        found: value.found.clone(),
                        file: value.file.clone(),
                    })
                    .collect(),
            },
            foreign: Foreign {
                count: findings.foreign_rows,
                examples: findings.foreign.iter().cloned().collect(),
            },
            reversed_ids: findings.reversed_ids,
            narrowed_columns: findings.narrowed.iter().map(name).collect(),
            ignored_columns: findings.ignored_columns.iter().cloned().collect(),
            renamed_columns: findings.renamed_columns.iter().cloned().collect(),
        };
        report.whole = report.differences() == 0 && !report.saw_nothing();
        report
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Findings> {
        // What a panicking thread had found stays found.
        self.findings.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// That `column` is in none of the names of `schema`, and why, where the names show it.
fn missing(column: &str, schema: &ArrowSchema) -> CheckError {
    let is_delimited = |delimiter: &char| {
        let mut parts = schema.fields().iter().flat_map(|field| field.name().split(*delimiter));
        parts.any(|part| part.trim_matches('"').eq_ignore_ascii_case(column))
    };
    let column = column.to_owned();
    match [',', ';', '\t', '|'].into_iter().find(is_delimited) {
        Some(delimiter) => CheckError::OtherDelimiter { column, delimiter },
        None => CheckError::MissingColumn(column),
    }
}

/// Rows that are looked at together: those that belong, and where they stand in their batch.
#[derive(Default)]
struct Block {
    rows: Vec<u64>,
    positions: Vec<usize>,
}

impl Block {
    fn clear(&mut self) {
        self.rows.clear();
        self.positions.clear();
    }
}
