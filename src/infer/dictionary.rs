//! The values of a column that has few: those of its dictionaries.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::types::Stored;
use crate::schema::value::Value;

/// The most values that a schema lists.
pub(super) const MAX_VALUES: usize = 32;
/// The most bytes of a dictionary that is read, as it lies in the file: one of few values has fewer.
const MAX_BYTES: i64 = 1 << 20;

/// What dictionaries say of a column.
#[derive(Clone, Debug)]
pub(super) enum Dictionary {
    /// All values of the column so far, in the order of the dictionaries.
    Values(Vec<Value>),
    /// Dictionaries hold all values, and more than a schema lists: the largest one so many, as far as it was read.
    Many(Option<u64>),
    /// Some values are in no dictionary, or it could not be read.
    None,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

impl Dictionary {
    /// Adds a column chunk of `file`.
    pub(super) fn add(&mut self, chunk: &ColumnChunkMetaData, stored: &Stored, file: &Arc<File>) {
        let Self::Values(values) = self else {
            if let Self::Many(_) = self
                && !has_only_dictionary(chunk)
            {
                *self = Self::None;
            }
            return;
        };
        let start = chunk.dictionary_page_offset().filter(|_| has_only_dictionary(chunk));
        let Some(bytes) = start.and_then(|start| chunk.data_page_offset().checked_sub(start)) else {
            *self = Self::None;
            return;
        };
        if !(1..=MAX_BYTES).contains(&bytes) {
            *self = Self::Many(None);
            return;
        }
        match read(chunk, stored, file) {
            None => *self = Self::None,
            Some((count, _)) if count > MAX_VALUES => *self = Self::Many(Some(count as u64)),
            Some((_, more)) => {
                let mut known: HashSet<Vec<u8>> =
                    values.iter().map(|value| value.identity().into_owned()).collect();
                values.extend(more.into_iter().filter(|value| known.insert(value.identity().into_owned())));
                if values.len() > MAX_VALUES {
                    *self = Self::Many(None);
                }
            }
        }
    }
}

/// Whether all values of a chunk are in its dictionary, as far as the footer says it.
fn has_only_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let is_dictionary =
        |encoding: Encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    match (chunk.page_encoding_stats_mask(), chunk.page_encoding_stats()) {
        (Some(mask), _) => mask.encodings().all(is_dictionary),
        (None, Some(pages)) => pages
            .iter()
            .filter(|pages| !matches!(pages.page_type, parquet::basic::PageType::DICTIONARY_PAGE))
            .all(|pages| is_dictionary(pages.encoding)),
        // Old writers list the encoding of the dictionary's own page under another name.
        (None, None) => chunk.encodings().all(|encoding| {
            matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE) || {
                #[expect(deprecated, reason = "an encoding of levels that old files have")]
                let is_levels = encoding == Encoding::BIT_PACKED;
                is_levels
            }
        }),
    }
}

/// How many values the dictionary of a chunk has, and the values if they are few.
fn read(chunk: &ColumnChunkMetaData, stored: &Stored, file: &Arc<File>) -> Option<(usize, Vec<Value>)> {
    let rows = usize::try_from(chunk.num_values()).ok()?;
    let mut pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None).ok()?;
    let Page::DictionaryPage { buf, num_values, .. } = pages.get_next_page().ok()?? else { return None };
    let count = num_values as usize;
    if count > MAX_VALUES {
        return Some((count, Vec::new()));
    }
    let values = stored.plain_values(&buf, count, chunk.column_descr().type_length())?;
    Some((count, values))
}
