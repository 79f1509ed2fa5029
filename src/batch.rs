//! A data set's rows as Arrow record batches.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use crate::columns::ValueColumn;
use crate::count::{counted, grouped};
use crate::dataset::DataSet;
use crate::rows::RowRange;

/// Why a record batch cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The range is not within the data set's rows.
    #[error("{asked} are not within the data set's {held}")]
    OutOfRange {
        /// The rows asked for.
        asked: RowRange,
        /// The rows of the data set.
        held: RowRange,
    },
    /// A column index that the schema does not have.
    #[error("there is no column {index}: the schema has {}", counted(.columns, "column"))]
    NoSuchColumn {
        /// The index asked for.
        index: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// More values than memory can be addressed.
    #[error("{} do not fit into one record batch", counted(.rows, "row"))]
    TooManyRows {
        /// The rows asked for.
        rows: u64,
    },
    /// More than the 32-bit offsets of an Arrow array of texts or lists can address.
    #[error(
        "{} do not fit into one record batch, whose texts and lists have 32-bit offsets; at most {} do",
        counted(.rows, "row"),
        grouped(.most)
    )]
    TooManyOffsets {
        /// The rows asked for.
        rows: u64,
        /// The most rows that surely fit.
        most: u64,
    },
}

impl From<BatchError> for ArrowError {
    fn from(error: BatchError) -> Self {
        Self::InvalidArgumentError(error.to_string())
    }
}

/// Some columns of a data set, ready to be handed out as record batches of any rows.
///
/// Making a batch takes time and memory proportional to its rows and columns, wherever in the data
/// set the rows are. A `Batches` can be shared between threads.
///
/// ```
/// use arrow::array::{AsArray, RecordBatchReader};
/// use arrow::datatypes::Float64Type;
/// use samplegen::{Batches, DataSet, FloatWidth, IdForm, RowRange, Schema};
///
/// let schema = Schema::classifier(10, IdForm::Text, FloatWidth::F64)?;
/// let data_set = DataSet::new(schema, RowRange::new(0, 1_000_000_000_000).unwrap(), 0)?;
///
/// // Two columns of three rows in the middle of a trillion.
/// let batches = Batches::of_columns(&data_set, &[0, 1])?;
/// let batch = batches.batch(RowRange::new(999_998, 3).unwrap())?;
/// assert_eq!(batch.column(0).as_string::<i32>().value(1), "271d3de6-6fc2-41dd-a761-326d927d904c");
/// assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(1), 0.4052261883844671);
///
/// // All columns of 100,000 rows, 8,192 rows at a time, for any consumer of Arrow data.
/// let reader = Batches::new(&data_set).reader(RowRange::new(0, 100_000).unwrap(), 8_192)?;
/// assert_eq!(reader.schema().fields().len(), 11);
/// let rows: usize = reader.map(|batch| batch.map(|batch| batch.num_rows())).sum::<Result<_, _>>()?;
/// assert_eq!(rows, 100_000);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    columns: Arc<[Arc<ValueColumn>]>,
    schema: SchemaRef,
    rows: RowRange,
    /// The most rows of a batch.
    max_rows: u64,
}

impl Batches {
    /// All columns of `data_set`.
    pub fn new(data_set: &DataSet) -> Self {
        Self::of(data_set.values().into(), data_set.arrow_schema(), data_set.rows())
    }

    /// The columns with these indices, in this order.
    ///
    /// # Errors
    ///
    /// If there is no column with one of the indices.
    pub fn of_columns(data_set: &DataSet, indices: &[usize]) -> Result<Self, BatchError> {
        let columns = data_set.values();
        if let Some(&index) = indices.iter().find(|&&index| index >= columns.len()) {
            return Err(BatchError::NoSuchColumn { index, columns: columns.len() });
        }
        let schema = data_set.arrow_schema();
        let fields: Vec<_> = indices.iter().map(|&index| schema.field(index).clone()).collect();
        let schema = Arc::new(arrow_schema::Schema::new(fields));
        let columns = indices.iter().map(|&index| Arc::clone(&columns[index])).collect();
        Ok(Self::of(columns, schema, data_set.rows()))
    }

    fn of(columns: Arc<[Arc<ValueColumn>]>, schema: SchemaRef, rows: RowRange) -> Self {
        let max_rows = columns.iter().map(|column| column.max_array_rows()).min().unwrap_or(u64::MAX);
        Self { columns, schema, rows, max_rows }
    }

    /// The Arrow schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The batch that holds `rows`.
    ///
    /// # Errors
    ///
    /// If the rows are not within the data set, or are too many for a column.
    pub fn batch(&self, rows: RowRange) -> Result<RecordBatch, BatchError> {
        self.check(rows, rows.count())?;
        Ok(self.of_arrays(rows.count(), |column| column.array(rows)))
    }

    /// The batch that holds any rows in any order.
    ///
    /// # Errors
    ///
    /// If a row is not within the data set, or there are too many rows for a column.
    pub fn take(&self, rows: &[u64]) -> Result<RecordBatch, BatchError> {
        let one =
            |row: u64| RowRange::new(row, 1).unwrap_or_else(|| unreachable!("one row has no end beyond"));
        if let Some(&row) = rows.iter().find(|&&row| !self.rows.contains(row)) {
            return Err(BatchError::OutOfRange { asked: one(row), held: self.rows });
        }
        self.check_count(rows.len() as u64)?;
        Ok(self.of_arrays(rows.len() as u64, |column| column.take(rows)))
    }

    fn of_arrays(&self, rows: u64, array: impl Fn(&ValueColumn) -> ArrayRef) -> RecordBatch {
        let arrays = self.columns.iter().map(|column| array(column)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows as usize));
        RecordBatch::try_new_with_options(self.schema(), arrays, &options)
            .expect("the arrays have the types of the schema and the row count of the range")
    }

    /// The batches of `rows`, in order, `batch_rows` rows each (the last may have fewer).
    ///
    /// # Errors
    ///
    /// If the rows are not within the data set, or a batch would be too large for a column.
    ///
    /// # Panics
    ///
    /// If `batch_rows` is 0.
    pub fn reader(&self, rows: RowRange, batch_rows: u64) -> Result<BatchReader, BatchError> {
        assert!(batch_rows > 0, "batches of no rows have no end");
        self.check(rows, batch_rows.min(rows.count()))?;
        Ok(BatchReader { batches: self.clone(), remaining: rows, batch_rows })
    }

    fn check(&self, rows: RowRange, rows_per_batch: u64) -> Result<(), BatchError> {
        let offset = rows.first().wrapping_sub(self.rows.first());
        let held = self.rows.slice(offset, rows.count());
        if held != rows {
            return Err(BatchError::OutOfRange { asked: rows, held: self.rows });
        }
        self.check_count(rows_per_batch)
    }

    fn check_count(&self, rows: u64) -> Result<(), BatchError> {
        match self.max_rows {
            most if rows <= most => Ok(()),
            most if most <= i32::MAX as u64 => Err(BatchError::TooManyOffsets { rows, most }),
            _ => Err(BatchError::TooManyRows { rows }),
        }
    }
}

/// Consecutive batches of a data set, made one at a time as they are asked for.
#[derive(Clone, Debug)]
pub struct BatchReader {
    batches: Batches,
    remaining: RowRange,
    batch_rows: u64,
}

impl Iterator for BatchReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.remaining.is_empty() {
            return None;
        }
        let rows = self.remaining.slice(0, self.batch_rows);
        self.remaining = self.remaining.slice(rows.count(), u64::MAX);
        Some(self.batches.batch(rows).map_err(ArrowError::from))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match usize::try_from(self.remaining.count().div_ceil(self.batch_rows)) {
            Ok(batches) => (batches, Some(batches)),
            Err(_) => (usize::MAX, None),
        }
    }
}

impl RecordBatchReader for BatchReader {
    fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }
}
