//! The names of streams of words.

use super::Keys;

/// Ends a name within a stream's name. Names of tables and columns do not hold it.
const END: u8 = 0;

/// The name of a stream of words: a column's, or one that a column needs for a purpose of its own.
///
/// Streams never collide, because names are not empty and hold no zero byte.
///
/// ```
/// use samplegen::random::Stream;
///
/// let items = Stream::of_column(Some("orders"), "tags").purpose("item");
/// assert_eq!(items.purpose("0").name(), b"orders\0\0tags\0item\00");
/// assert_eq!(Stream::of_column(None, "class_0").name(), b"class_0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream(Vec<u8>);

impl Stream {
    /// The stream of `column` in `table`; in the only table of a data set if that has no name.
    pub fn of_column(table: Option<&str>, column: &str) -> Self {
        let table = table.map(|table| [table.as_bytes(), &[END, END]].concat());
        Self([table.unwrap_or_default(), column.as_bytes().to_vec()].concat())
    }

    /// The stream of `purpose` beside this one.
    #[must_use]
    pub fn purpose(&self, purpose: &str) -> Self {
        Self([&self.0, &[END][..], purpose.as_bytes()].concat())
    }

    /// The name in bytes.
    pub fn name(&self) -> &[u8] {
        &self.0
    }

    /// The keys of the stream under `seed`.
    pub fn keys(&self, seed: u64) -> Keys {
        Keys::of_stream(&self.0, seed)
    }
}
