//! One part: writing it, and recognising it again.
//!
//! How the bytes flow: `writer` takes the part's pages from the plan and shares them out to the worker threads in
//! stretches of neighbours. A worker's `page` encoder fills a buffer that stays in its cache: for each page a header,
//! and behind it what [`pages`](crate::pages) makes of the rows. If all pages have sizes that are known beforehand, and
//! none is compressed, workers write their stretches to their places in the file side by side, in large aligned pieces.
//! Otherwise the pages, compressed by `codec`, are spliced in order behind one another. What was learnt of each page,
//! and of column chunks in `chunks`, goes into the `footer`, which is written last, together with the [`origin`]: what
//! data set the part belongs to and which of its rows it holds. Footers are `read` with care: they may be damaged.
//!
//! No row group and no column chunk is ever held in memory.

pub(crate) mod chunks;
pub(crate) mod codec;
pub(crate) mod footer;
pub mod origin;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod sizes;
pub(crate) mod writer;

use std::io;

use crate::progress::Stopped;

/// Why a part was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}
