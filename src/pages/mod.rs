//! The pages of a column: from rows to bytes, and to what a footer says of them.
//!
//! A [`StoredColumn`] is a column together with the way it lies in Parquet files. What a page of it holds is a pure
//! function of the column and the page's rows; so pages are encoded in any order and by any thread. Where the size of
//! a page is cheap to know beforehand ([`StoredColumn::measure`]), pages go to their places in the file side by side.
//!
//! A page has levels, if rows can be null or are lists, and behind them values in one of these encodings:
//!
//! | values | encoding | by |
//! |---|---|---|
//! | of a fixed width | PLAIN | the generator, in place |
//! | booleans | PLAIN: bits | the generator, in place, or from a list of values |
//! | texts and bytes of several lengths | PLAIN | here, from Arrow arrays |
//! | chosen from few values | RLE_DICTIONARY | `dictionary` |
//! | of a fixed width, if the schema asks | BYTE_STREAM_SPLIT | here |
//! | if the schema asks | DELTA_BINARY_PACKED, DELTA_BYTE_ARRAY | the parquet crate's encoders, through `delta` |
//!
//! | module | what it holds |
//! |---|---|
//! | `column` | the column: which encoding it has, its pages |
//! | `types` | the types of Parquet and Arrow |
//! | `levels` | nulls and lists |
//! | `hybrid` | runs of small numbers |
//! | `dictionary`, `delta` | encodings |
//! | `summary` | counts and bounds of pages and column chunks |
//! | `buffer` | the memory that pages are put into |

mod buffer;
mod column;
mod delta;
mod dictionary;
mod hybrid;
mod levels;
mod summary;
mod types;

pub use self::buffer::PageBuffer;
pub use self::column::{DictionaryPage, Measure, Order, PAGE_BYTES, Scratch, StorageError, StoredColumn};
pub use self::levels::{Levels, Shape};
pub use self::summary::{Bound, Bounds, ChunkValues, MAX_BOUND_BYTES, PageSummary};
