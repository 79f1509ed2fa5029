//! Reproducible synthetic data sets as Parquet files or Arrow record batches.
//!
//! Two ideas: every value is a pure function of (seed, column, row number), and every row can prove
//! itself, because its id turns back into its row number.
//!
//! A [`Schema`], a [`RowRange`] and a seed describe a [`DataSet`]. [`Batches`] hands out any of its
//! rows as Arrow record batches. A [`Layout`] says how the rows lie in files; the two make a
//! [`Plan`], and [`generate()`] writes it.
//!
//! The rooms, and which way they look:
//!
//! | room | what it knows |
//! |---|---|
//! | [`random`] | the row function and its inverse |
//! | [`rows`], [`count`] | ranges of row numbers, counts as people write and read them |
//! | [`instructions`] | which vector instructions the hot loops use |
//! | [`compression`] | the codecs that pages can be compressed with |
//! | [`schema`], [`dataset`] | what a data set is |
//! | [`columns`] | the generators: from a range of rows to values |
//! | [`batch`] | a data set's rows as record batches |
//! | [`layout`], [`plan`] | from rows to parts, row groups and pages |
//! | [`difference`] | in what two data sets or layouts differ, as options |
//! | [`part`] | writing one file and recognising it again |
//! | [`folder`] | what is in a folder, and how files appear in it |
//! | [`generate`](mod@generate) | all parts on all workers |
//! | [`source`] | what is loaded: rows in parts that are known by name again |
//! | [`postgres`] | PostgreSQL, both ways: loading a source, reading a table back |
//! | [`copy`] | any place the rows went, as record batches |
//! | [`check`] | from record batches to what is lost, duplicated, altered or foreign |
//! | [`verify`] | all pieces of a copy on all workers |

pub mod batch;
pub mod check;
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
pub mod instructions;
mod keys;
pub mod layout;
pub mod part;
pub mod plan;
pub mod postgres;
pub mod progress;
pub mod random;
mod reason;
pub mod remedy;
pub mod rows;
pub mod schema;
pub mod source;
pub mod verify;
pub mod workers;

pub use batch::{BatchError, BatchReader, Batches};
pub use check::{Check, CheckOptions, Report};
pub use compression::Compression;
pub use dataset::{DataSet, DataSetError};
pub use error::Error;
pub use generate::{ByteCount, GenerateOptions, Generated, Survey, Totals, generate, survey};
pub use layout::Layout;
pub use plan::{Plan, PlanError, Shard};
pub use progress::Progress;
pub use remedy::{ErrorKind, Remedy};
pub use rows::RowRange;
pub use schema::{CONTRACT_VERSION, Column, ColumnType, FloatWidth, Generator, IdForm, Schema};
