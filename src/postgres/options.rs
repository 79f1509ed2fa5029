//! What a load is asked to do, what it would do, and what it has done.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use crate::schema::IdForm;

/// How rows are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `COPY` in the binary format, one part a transaction: a load that was cut off can be finished.
    Copy,
    /// One `INSERT` and commit a row, many of them under way on each connection.
    Pipeline,
    /// One `INSERT` and commit a row, one after the other on each connection.
    Insert,
}

impl Method {
    /// Its name, as the command line and the ledger have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Pipeline => "pipeline",
            Self::Insert => "insert",
        }
    }
}

/// A name that stands for no method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a method; choose copy, pipeline or insert")]
pub struct MethodError;

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        [Self::Copy, Self::Pipeline, Self::Insert]
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or(MethodError)
    }
}

/// What becomes of a table that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// It is refused, unless it was made by an earlier run of the same load: that is gone on with.
    Fail,
    /// The rows are added to it, except for those that were loaded by an earlier run.
    Append,
    /// It is dropped, whatever is in it.
    Replace,
}

/// How a source is loaded.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// How rows are sent.
    pub method: Method,
    /// Connections at the same time.
    pub connections: NonZeroUsize,
    /// Statements under way on each connection, with [`Method::Pipeline`].
    pub pipeline_depth: NonZeroUsize,
    /// What becomes of a table that is there.
    pub if_exists: IfExists,
    /// Whether a table that is made keeps out of the write-ahead log: faster, and emptied if the server crashes.
    pub unlogged: bool,
    /// What ids of a data set become, text or `uuid`; if it is not said, they become `uuid`, and the source need not be
    /// of a data set.
    pub ids: Option<IdForm>,
    /// Called if the load waits for a lock of another session before its first row, with what to say.
    pub on_wait: fn(&str),
}

/// What a load has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that it has brought into the table.
    pub rows: u64,
    /// The parts that they are of.
    pub parts: u64,
    /// Rows that were there from earlier runs.
    pub kept_rows: u64,
    /// The parts that they are of.
    pub kept_parts: u64,
    /// Connections that were opened.
    pub connections: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a load would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSurvey {
    /// What it would do with the table.
    pub table: TableAction,
    /// Rows that it would bring into the table.
    pub rows: u64,
    /// The parts that they are of.
    pub parts: u64,
    /// Rows that are in the table from earlier runs.
    pub kept_rows: u64,
    /// The parts that they are of.
    pub kept_parts: u64,
    /// The columns of the table that the rows have values for.
    pub columns: Vec<LoadColumn>,
}

/// A column of a table that rows are loaded into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadColumn {
    /// The name.
    pub name: String,
    /// The type of PostgreSQL, as SQL has it.
    pub sql_type: String,
    /// Whether the rows can have nulls there; a table that the load makes has `NOT NULL` elsewhere.
    pub is_nullable: bool,
}

/// What a load does with its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAction {
    /// It does not exist, and is made.
    Create,
    /// It exists, and rows are added.
    Append,
    /// It exists, and is dropped and made again.
    Replace,
}
