//! Whether rows that came from anywhere, in any order, are those of a data set.
//!
//! The key of a row gives its number; a bitmap of the row numbers tells which are lost and which came more than once;
//! and values that are generated again tell which were altered. So nothing is needed to compare with but the
//! description of the data set, and one bit of memory for each row. Of a data set without a key, a checksum that does
//! not depend on the order of rows tells whether a copy is whole, and no more.
//!
//! A [`Check`] is fed record batches, by any number of threads at once; several of them, from several
//! processes, can be [merged](Check::merge); a [`Report`] is the outcome.
//!
//! | file | what it knows |
//! |---|---|
//! | `flat` | arrays without dictionaries and runs |
//! | `notation` | values as text, as engines write them |
//! | `whole`, `shape`, `values` | arrays of any type, read exactly as the values of a column |
//! | `same`, `unit_floats` | whole arrays compared by their bits |
//! | `block`, `column` | a column compared for some rows: at once, or value by value |
//! | `names` | which column of a copy is which |
//! | `key`, `seen` | which row a key is of, and which rows came |
//! | `checksum` | rows that nothing identifies |
//! | `examples`, `findings`, `report` | what was found |

mod block;
mod checksum;
mod column;
mod error;
mod examples;
mod findings;
mod flat;
mod key;
mod names;
mod notation;
mod report;
mod same;
mod seen;
mod shape;
mod unit_floats;
mod values;
mod whole;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema as ArrowSchema;
use rayon::prelude::*;

use crate::dataset::DataSet;
use crate::rows::RowRange;
use block::Block;
use checksum::RowSum;
use column::CheckedColumn;
pub use error::CheckError;
use examples::AlteredValue;
use findings::{Findings, Repeats};
pub use key::row_of_text;
use key::{ByteOrder, FoundRow};
use names::Names;
pub use report::{
    Altered, AlteredExample, Checksum, Duplicated, DuplicatedExample, Foreign, ForeignRow, Lost,
    RenamedColumn, Report, Scope,
};
pub use seen::MAX_ROWS;
use seen::SeenRows;

/// How many rows are looked at together: few enough that what is made of them stays in a core's cache.
const BLOCK_ROWS: u64 = 1_024;
/// Fewer, where those of a column would take more bytes than these.
const BLOCK_BYTES: u64 = 1 << 20;
/// How many rows are summed together.
const SUM_ROWS: u64 = 1 << 16;

/// What is checked, and how strictly.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The rows to check, of those that the data set has. With a key, all others are passed over; without one, a copy
    /// must not have others.
    pub rows: RowRange,
    /// The columns to check beside the key; `None` for all.
    pub columns: Option<Vec<String>>,
    /// By how many units in the last place, of the declared width, a float may differ.
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
    /// The key first, if there is one; then the others in order.
    columns: Vec<CheckedColumn>,
    names: Names,
    rows: Rows,
    block_rows: u64,
    findings: Mutex<Findings>,
}

/// What is noted of the rows that came.
#[derive(Debug)]
enum Rows {
    /// The key, the first column, identifies them.
    Keyed(SeenRows),
    /// Nothing does. The sum is that of the rows that should come.
    Keyless(OnceLock<RowSum>),
}

impl Check {
    /// A check of `data_set` that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// If the data set does not have the columns that the options name, or has no key and the options ask for what
    /// only a key can tell, or there are more rows than [`MAX_ROWS`].
    pub fn new(data_set: &DataSet, options: CheckOptions) -> Result<Self, CheckError> {
        let key = key::key_of(data_set);
        if key.is_some() && options.rows.count() > MAX_ROWS {
            return Err(CheckError::TooManyRows { rows: options.rows.count() });
        }
        if key.is_none() && options.partial {
            return Err(CheckError::KeylessPartial);
        }
        if key.is_none() && options.tolerance_ulps > 0 {
            return Err(CheckError::KeylessTolerance);
        }
        if let Some(names) = &options.columns {
            let has: HashSet<&str> = data_set.columns().map(|column| column.name.as_str()).collect();
            if let Some(name) = names.iter().find(|name| !has.contains(name.as_str())) {
                return Err(CheckError::NoSuchColumn(name.clone()));
            }
        }
        let wanted: Option<HashSet<&str>> =
            options.columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let is_wanted = |name: &str| wanted.as_ref().is_none_or(|names| names.contains(name));
        let key_index = key.as_ref().map(|key| key.index);
        let others = data_set.columns().zip(data_set.values()).enumerate();
        let others = others
            .filter(|(index, (column, _))| Some(*index) != key_index && is_wanted(&column.name))
            .map(|(index, (column, values))| CheckedColumn::new(index, &column.name, values));
        let rows = match key {
            Some(_) => Rows::Keyed(SeenRows::new(options.rows)),
            None => Rows::Keyless(OnceLock::new()),
        };
        let columns: Vec<_> = key.into_iter().chain(others).collect();
        let fits = |column: &CheckedColumn| {
            let by_bytes = BLOCK_BYTES / column.values.mean_plain_bytes();
            by_bytes.min(column.values.max_array_rows()).clamp(1, BLOCK_ROWS)
        };
        let block_rows = columns.iter().map(fits).min().unwrap_or(BLOCK_ROWS);
        let all_names = data_set.columns().map(|column| column.name.as_str());
        Ok(Self {
            names: Names::new(columns.iter().map(|column| column.name.as_str()), all_names),
            rows,
            block_rows,
            findings: Mutex::new(Findings::with_limit(options.example_limit)),
            data_set: data_set.clone(),
            options,
            columns,
        })
    }

    /// The column that identifies rows, if there is one.
    pub fn key(&self) -> Option<&str> {
        match self.rows {
            Rows::Keyed(_) => self.columns.first().map(|key| key.name.as_str()),
            Rows::Keyless(_) => None,
        }
    }

    /// The memory that the row numbers may take, once all of them have come: an eighth of a byte for each
    /// row, and as much again where rows come more than once.
    pub fn memory_bytes(&self) -> u64 {
        match self.rows {
            Rows::Keyed(_) => self.options.rows.count().div_ceil(8),
            Rows::Keyless(_) => 0,
        }
    }

    /// The names of the columns that batches must have: the key, if there is one, and those that are checked.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Takes note of the columns of a copy that are none of the data set's, and makes sure that those
    /// to check are there.
    ///
    /// # Errors
    ///
    /// If a column is missing or there twice, or of a type that cannot be compared.
    pub fn inspect_schema(&self, schema: &ArrowSchema) -> Result<(), CheckError> {
        let places = self.names.places(schema)?;
        for (column, place) in self.columns.iter().zip(&places) {
            self.is_narrowed(column, schema.field(*place).data_type())?;
        }
        let inspected = self.names.inspect(schema, &places);
        let mut findings = self.locked();
        findings.renamed_columns.extend(inspected.renamed);
        findings.ignored_columns.extend(inspected.ignored);
        Ok(())
    }

    /// What the columns that are checked are called in a copy with this schema: the key first, then the others.
    ///
    /// # Errors
    ///
    /// Those of [`inspect_schema`](Self::inspect_schema).
    pub fn names_in<'a>(&self, schema: &'a ArrowSchema) -> Result<Vec<&'a str>, CheckError> {
        let places = self.names.places(schema)?;
        Ok(places.iter().map(|place| schema.field(*place).name().as_str()).collect())
    }

    /// Whether the column came with 32 bits instead of 64, which a checksum cannot look past.
    fn is_narrowed(
        &self,
        column: &CheckedColumn,
        found: &arrow_schema::DataType,
    ) -> Result<bool, CheckError> {
        let is_narrowed = column.is_narrowed_by(found)?;
        match self.rows {
            Rows::Keyless(_) if is_narrowed => Err(CheckError::KeylessNarrow(column.name.clone())),
            _ => Ok(is_narrowed),
        }
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
        let places = self.names.places(batch.schema_ref())?;
        let arrays: Vec<&ArrayRef> = places.iter().map(|place| batch.column(*place)).collect();
        let mut findings = Findings::with_limit(self.options.example_limit);
        findings.rows = batch.num_rows() as u64;
        for (column, array) in self.columns.iter().zip(&arrays) {
            if self.is_narrowed(column, array.data_type())? {
                findings.narrowed.insert(column.index);
            }
        }
        let mut block = Block::default();
        let mut start = 0;
        while start < batch.num_rows() {
            let count = (self.block_rows as usize).min(batch.num_rows() - start);
            let arrays: Vec<ArrayRef> = arrays.iter().map(|array| array.slice(start, count)).collect();
            match &self.rows {
                Rows::Keyed(seen) => {
                    self.identify(&arrays[0], seen, file, &mut block, &mut findings)?;
                    self.compare(&arrays, &block, file, &mut findings)?;
                }
                Rows::Keyless(_) => findings.sum = findings.sum.plus(self.sum_of(&arrays, count)?),
            }
            start += count;
        }
        self.locked().merge(findings, self.options.example_limit);
        Ok(())
    }

    /// Finds out which rows those with these keys are, and notes that they were seen.
    fn identify(
        &self,
        keys: &ArrayRef,
        seen: &SeenRows,
        file: Option<&Path>,
        block: &mut Block,
        findings: &mut Findings,
    ) -> Result<(), CheckError> {
        block.clear();
        let key = &self.columns[0];
        let found = key.read(keys)?;
        let are_all_checked = |rows: &RowRange| {
            self.options.rows.contains(rows.first())
                && self.options.rows.contains(rows.first() + (rows.count() - 1))
        };
        if let Some(rows) = key::consecutive_rows(key, &found).filter(are_all_checked) {
            block.fill(rows);
        } else {
            for position in 0..keys.len() {
                let mut foreign = |reason: String| {
                    findings.foreign_rows += 1;
                    let shown = || found.shown_key(&key.shape, position);
                    let file = || file.map(Path::to_owned);
                    findings.foreign.offer(|| ForeignRow { id: shown(), reason, file: file() });
                };
                match key::row(key, &found, position) {
                    FoundRow::Row(row, order) if self.options.rows.contains(row) => {
                        block.push(row, position);
                        findings.reversed_ids += u64::from(order == ByteOrder::GroupsReversed);
                    }
                    FoundRow::Row(row, _) if self.data_set.rows().contains(row) => {
                        findings.rows_elsewhere += 1;
                    }
                    FoundRow::Row(row, _) => foreign(format!("row {row} is not one of the data set's")),
                    FoundRow::Foreign(reason) => foreign(reason),
                }
            }
        }
        seen.insert(block.rows(), |row| {
            findings.surplus_rows += 1;
            let repeats = Repeats { times: 1, file: file.map(Path::to_owned) };
            findings.duplicate(row, repeats, self.options.example_limit);
        });
        Ok(())
    }

    /// Compares the values of the block's rows with those that the rows should have. The key has been.
    fn compare(
        &self,
        arrays: &[ArrayRef],
        block: &Block,
        file: Option<&Path>,
        findings: &mut Findings,
    ) -> Result<(), CheckError> {
        let mut altered: Vec<usize> = Vec::new();
        for (column, array) in self.columns.iter().zip(arrays).skip(1) {
            let Some(differences) = column.differences(array, block, self.options.tolerance_ulps)? else {
                continue;
            };
            findings.reversed_ids += differences.reversed_ids;
            if differences.altered.is_empty() {
                continue;
            }
            *findings.altered_values.entry(column.index).or_insert(0) += differences.altered.len() as u64;
            for &place in &differences.altered {
                let order = (block.rows()[place], column.index);
                // Where everything is altered, few values are worth a text.
                if !findings.altered.wants(|last| order <= (last.row, last.column)) {
                    continue;
                }
                findings.altered.offer(|| AlteredValue {
                    row: block.rows()[place],
                    column: column.index,
                    expected: differences.expected_text(place),
                    found: differences.found_text(block, place),
                    is_orphan: {
                        let (found, position) = differences.found_at(block, place);
                        key::is_orphan(column, found, position)
                    },
                    file: file.map(Path::to_owned),
                });
            }
            altered.extend(differences.altered);
        }
        altered.sort_unstable();
        altered.dedup();
        findings.altered_rows += altered.len() as u64;
        Ok(())
    }

    /// The checksum of `count` rows.
    fn sum_of(&self, arrays: &[ArrayRef], count: usize) -> Result<RowSum, CheckError> {
        let values = self.columns.iter().zip(arrays).map(|(column, array)| column.read(array));
        Ok(RowSum::of(&values.collect::<Result<Vec<_>, _>>()?, count))
    }

    /// How many rows have to be generated beside those that come, to sum them: none if there is a key.
    pub fn rows_to_sum(&self) -> u64 {
        match &self.rows {
            Rows::Keyless(sum) if sum.get().is_none() => self.options.rows.count(),
            _ => 0,
        }
    }

    /// Generates and sums the rows that should come, on all threads of the current pool. Calls `on_rows` each time
    /// that so many of them are done.
    ///
    /// A [report](Self::report) does the same where this was not done before.
    ///
    /// # Errors
    ///
    /// That of `on_rows`.
    pub fn sum_expected<E: Send>(&self, on_rows: impl Fn(u64) -> Result<(), E> + Sync) -> Result<(), E> {
        let Rows::Keyless(sum) = &self.rows else {
            return Ok(());
        };
        if sum.get().is_none() {
            let summed = self.sum_generated(on_rows)?;
            // Another thread's sum is the same.
            let _ = sum.set(summed);
        }
        Ok(())
    }

    fn sum_generated<E: Send>(&self, on_rows: impl Fn(u64) -> Result<(), E> + Sync) -> Result<RowSum, E> {
        let rows = self.options.rows;
        let sum_of_chunk = |chunk: u64| {
            let rows = rows.slice(chunk * SUM_ROWS, SUM_ROWS);
            let sums = rows.chunks(self.block_rows).map(|rows| {
                let arrays: Vec<_> = self.columns.iter().map(|column| column.values.array(rows)).collect();
                self.sum_of(&arrays, rows.count() as usize).expect("a column reads its own type")
            });
            let sum = sums.fold(RowSum::default(), RowSum::plus);
            on_rows(rows.count()).map(|()| sum)
        };
        (0..rows.count().div_ceil(SUM_ROWS))
            .into_par_iter()
            .map(sum_of_chunk)
            .try_reduce(RowSum::default, |one, other| Ok(one.plus(other)))
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
        findings.merge(other.findings.into_inner().unwrap_or_else(PoisonError::into_inner), limit);
        if let (Rows::Keyed(seen), Rows::Keyed(others)) = (&self.rows, &other.rows) {
            seen.merge(others, |row| {
                findings.surplus_rows += 1;
                findings.duplicate(row, Repeats { times: 1, file: None }, limit);
            });
        }
        Ok(())
    }

    /// What has been found so far.
    pub fn report(&self) -> Report {
        let mut report = self.report_of_findings();
        match &self.rows {
            Rows::Keyed(seen) => {
                let limit = self.options.example_limit;
                report.distinct = seen.distinct();
                report.duplicated.count = seen.repeated();
                if !self.options.partial {
                    report.lost.count = report.expected - report.distinct;
                }
                if report.lost.count > 0 {
                    report.lost.examples = seen.missing().take(limit).collect();
                }
                report.whole = report.differences() == 0 && !report.saw_nothing();
            }
            Rows::Keyless(sum) => {
                let expected = *sum.get_or_init(|| {
                    let summed: Result<_, std::convert::Infallible> = self.sum_generated(|_| Ok(()));
                    summed.unwrap_or_else(|never| match never {})
                });
                let found = self.locked().sum;
                report.whole = expected == found;
                report.checksum = Some(Checksum { expected: expected.sum, found: found.sum });
            }
        }
        report
    }

    /// The report without what the rows seen tell.
    fn report_of_findings(&self) -> Report {
        let findings = self.locked();
        let name = |index: &usize| self.data_set.column(*index).name.clone();
        let parent = |index: usize| {
            let of = self.data_set.column(index).generator.taken()?;
            self.data_set.schema().tables[of.table].name.clone()
        };
        let duplicated = findings.duplicated.iter().map(|(row, repeats)| DuplicatedExample {
            row: *row,
            times: repeats.times + 1,
            file: repeats.file.clone(),
        });
        let altered = findings.altered.iter().map(|value| AlteredExample {
            row: value.row,
            column: name(&value.column),
            expected: value.expected.clone(),
            found: value.found.clone(),
            orphan_of: value.is_orphan.then(|| parent(value.column)).flatten(),
            file: value.file.clone(),
        });
        Report {
            whole: false,
            partial: self.options.partial,
            scope: Scope {
                rows: self.options.rows,
                of_rows: self.data_set.rows(),
                key: self.key().map(str::to_owned),
                columns: self.column_names().map(str::to_owned).collect(),
                all_columns: self.columns.len() == self.data_set.values().len(),
                tolerance_ulps: self.options.tolerance_ulps,
            },
            expected: self.options.rows.count(),
            distinct: 0,
            seen: findings.rows - findings.rows_elsewhere,
            elsewhere: findings.rows_elsewhere,
            lost: Lost { count: 0, examples: Vec::new() },
            duplicated: Duplicated {
                count: 0,
                surplus: findings.surplus_rows,
                examples: duplicated.collect(),
            },
            altered: Altered {
                count: findings.altered_rows,
                by_column: findings
                    .altered_values
                    .iter()
                    .map(|(index, count)| (name(index), *count))
                    .collect(),
                examples: altered.collect(),
            },
            foreign: Foreign {
                count: findings.foreign_rows,
                examples: findings.foreign.iter().cloned().collect(),
            },
            checksum: None,
            reversed_ids: findings.reversed_ids,
            narrowed_columns: findings.narrowed.iter().map(name).collect(),
            ignored_columns: findings.ignored_columns.iter().cloned().collect(),
            renamed_columns: findings.renamed_columns.iter().cloned().collect(),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Findings> {
        // What a panicking thread had found stays found.
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
