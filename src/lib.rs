//! Reproducible synthetic data sets as Parquet files or Arrow record batches.
//!
//! Two ideas: every value is a pure function of (seed, column, row number), and every row can prove
//! itself, because its id turns back into its row number.
//!
//! A [`Schema`], a [`RowRange`] and a seed describe a [`DataSet`]. [`Batches`] hands out any of its
//! rows as Arrow record batches. A [`Layout`] says how the rows lie in files; the two make a
//! [`Plan`], and [`generate()`] writes it.
//!
//! Features, all of them on by default: `postgres` for loading into PostgreSQL and checking tables there, and `cli` for
//! the command, which needs it. Without them, the crate depends on no asynchronous runtime and on no TLS.
//!
//! The rooms, and which way they look: each at rooms above it only.
//!
//! | room | what it knows |
//! |---|---|
//! | [`random`] | the row function and its inverse |
//! | [`count`] | counts as people write and read them |
//! | [`rows`] | ranges of row numbers |
//! | [`instructions`] | which vector instructions the hot loops use |
//! | [`compression`] | the codecs that pages can be compressed with |
//! | `description`, `reason`, [`remedy`] | descriptions in JSON; why something failed; what can be done about it |
//! | [`progress`], [`workers`] | how far work has come; the threads that it is shared out to |
//! | [`schema`], [`columns`] | what tables are; the generators, from a range of rows to values |
//! | [`dataset`] | what a data set is |
//! | [`batch`] | a data set's rows as record batches |
//! | [`pages`] | columns as Parquet files hold them: from rows to the bytes of a page |
//! | [`layout`], [`plan`] | from rows to parts, row groups and pages |
//! | [`difference`] | in what two data sets or layouts differ, as options |
//! | `keys` | what stands for loads and their parts in a ledger |
//! | [`part`] | writing one file and recognising it again |
//! | [`folder`] | what is in a folder, and how files appear in it |
//! | [`generate`](mod@generate) | all parts on all workers |
//! | [`copy`] | any place the rows went, as record batches |
//! | [`infer`] | schemas to begin with, from Parquet files |
//! | [`value_files`] | columns of files that schemas take values from |
//! | [`source`] | what is loaded: rows in parts that are known by name again |
//! | [`postgres`] | PostgreSQL, both ways: loading a source, reading a table back |
//! | [`check`] | from record batches to what is lost, duplicated, altered or foreign |
//! | [`verify`] | all pieces of a copy on all workers |
//! | [`error`] | the errors of all rooms as one |
//! | [`cli`] | the command: flags become a request, and what came of it is told |

pub mod batch;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod columns;
pub mod compression;
pub mod copy;
pub mod count;
pub mod dataset;
mod description;
pub mod difference;
pub mod error;
pub mod folder;
pub mod generate;
pub mod infer;
pub mod instructions;
#[cfg(feature = "postgres")]
mod keys;
pub mod layout;
pub mod pages;
pub mod part;
pub mod plan;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod progress;
pub mod random;
mod reason;
pub mod remedy;
pub mod rows;
pub mod schema;
#[cfg(feature = "postgres")]
pub mod source;
pub mod value_files;
pub mod verify;
pub mod workers;

pub use batch::{BatchError, BatchReader, Batches};
pub use check::{Check, CheckOptions, Report};
pub use compression::Compression;
pub use dataset::{DataSet, DataSetError};
pub use error::Error;
pub use generate::{ByteCount, GenerateOptions, Generated, Survey, Totals, generate, survey};
pub use layout::Layout;
pub use plan::{Plan, PlanError, Plans, Shard};
pub use progress::Progress;
pub use remedy::{ErrorKind, Remedy};
pub use rows::RowRange;
pub use schema::{CONTRACT_VERSION, Column, ColumnType, FloatWidth, Generator, IdForm, Schema};
