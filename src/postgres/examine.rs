//! Before anything is made: whether PostgreSQL can store all values of files.
//!
//! A part that cannot be stored leaves those before it in the table. So the columns that may have such values are read
//! before the first row is sent, and files without such columns are not read twice. Rows of a data set have no such values.

use std::fmt::Display;
use std::num::NonZeroUsize;

use arrow_schema::ArrowError;
use rayon::prelude::*;

use super::encode::{CHUNK_BYTES, EncodeError, Encoder};
use super::error::{DatabaseError, LoadError};
use super::table::TableColumn;
use super::types::ColumnType;
use crate::copy::Unrepresentable;
use crate::progress::Progress;
use crate::source::{Source, SourcePart, Unreadable, decoding};
use crate::workers;

/// Reads the values of `source` that may be none of those that `columns` can hold, on `threads` threads.
///
/// # Errors
///
/// If one cannot be stored or read, or `progress` is told to stop.
pub(super) fn examine(
    source: &Source,
    columns: &[TableColumn],
    threads: NonZeroUsize,
    progress: &Progress,
) -> Result<(), LoadError> {
    let limited: Vec<_> = columns.iter().filter(|column| column.column_type.has_limits()).collect();
    if source.data_set.is_some() || limited.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = limited.iter().map(|column| column.name.as_str()).collect();
    let types: Vec<_> = limited.iter().map(|column| column.column_type.clone()).collect();
    let examine = |part| examine_part(part, &names, &types, progress);
    workers::work_on(threads, || source.parts.par_iter().try_for_each(examine))?
}

fn examine_part(
    part: &SourcePart,
    names: &[&str],
    types: &[ColumnType],
    progress: &Progress,
) -> Result<(), LoadError> {
    let place = part.place();
    decoding(&place, || {
        let unstorable = |what: &dyn Display| {
            DatabaseError::request(place.display(), format!("{what}; nothing was loaded"))
        };
        let unreadable = |source: ArrowError| match &source {
            ArrowError::ExternalError(value) if value.is::<Unrepresentable>() => {
                LoadError::from(unstorable(value))
            }
            _ => Unreadable { path: place.clone(), source }.into(),
        };
        let mut first_row = part.first_row;
        for batch in part.batches(names).map_err(unreadable)? {
            progress.check()?;
            let batch = batch.map_err(unreadable)?;
            let wanted = names.iter().map(|name| batch.schema().index_of(name));
            let wanted = wanted.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            let batch = batch.project(&wanted).map_err(unreadable)?;
            let unstorable = |error: EncodeError| unstorable(&error.of_batch_at(first_row));
            let encoder = Encoder::new(&batch, types).map_err(unstorable)?;
            let mut start = 0;
            while start < batch.num_rows() {
                start += encoder.encode(start..batch.num_rows(), CHUNK_BYTES).map_err(unstorable)?.count();
            }
            first_row = first_row.wrapping_add(batch.num_rows() as u64);
        }
        Ok(())
    })
}
