//! What came of a request.

use std::path::{Path, PathBuf};

use crate::infer::Inferred;
use crate::postgres::{LoadSurvey, Loaded};
use crate::verify::Verified;
use crate::{DataSet, Generated, Schema, Survey};

use super::request::{CheckRequest, GenerateRequest, LoadRequest, Output};

/// What came of a request.
#[derive(Debug)]
pub enum Finished<'a> {
    /// It asked for the plan only.
    Planned(&'a GenerateRequest, Survey),
    /// The data set is written.
    Generated(&'a GenerateRequest, Generated),
    /// It asked for the plan only, of rows that go into a table.
    PlannedLoad(&'a LoadRequest, LoadSurvey),
    /// The rows are in the table.
    Loaded(&'a LoadRequest, Loaded),
    /// The copies of each table are checked. What is beside their folders was not read.
    Checked(Vec<(&'a CheckRequest, Checked)>, &'a [PathBuf]),
    /// It asked for the example of a schema.
    SchemaExample,
    /// A schema was made from Parquet files.
    SchemaInferred(Inferred, Output),
    /// A schema has nothing wrong with it.
    SchemaChecked(&'a Path, &'a Schema),
}

/// The outcome of a check, and what else may tell why the copies are as they are.
#[derive(Debug)]
pub struct Checked {
    pub verified: Verified,
    /// What the copies say themselves that they are of, where that is not what they were checked against.
    pub described: Vec<(PathBuf, DataSet)>,
    /// Folders that another process is writing to.
    pub being_written: Vec<PathBuf>,
}
