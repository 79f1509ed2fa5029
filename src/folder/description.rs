//! The file that describes the data set of a folder.

use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::pending::open_plain;
use crate::dataset::{DataSet, DataSetError};
use crate::description;
use crate::layout::Layout;
use crate::part::origin::Origin;
use crate::plan::Plan;
use crate::schema::MAX_BYTES;

/// Its name.
pub const DESCRIPTION_NAME: &str = "_dataset.json";

/// No description of ours is longer: a table has at most 16 MiB of values, each on a line of its own.
const MAX_DESCRIPTION_BYTES: u64 = MAX_BYTES as u64;

/// What `_dataset.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderDescription {
    /// The data set.
    #[serde(rename = "dataset")]
    pub data_set: DataSet,
    /// The layout of its files.
    pub layout: Layout,
}

impl FolderDescription {
    /// The description of `plan`.
    pub fn of(plan: &Plan) -> Self {
        Self { data_set: plan.data_set().clone(), layout: *plan.layout() }
    }

    /// The data set of the part at `path`, which is of `origin`: as the part says it, or, where it names values by their
    /// digest, as the description beside it does.
    ///
    /// # Errors
    ///
    /// If neither says it.
    pub fn data_set_of(path: &Path, origin: &Origin) -> Result<DataSet, DataSetError> {
        origin.data_set().or_else(|error| {
            let beside = Self::read(&path.with_file_name(DESCRIPTION_NAME));
            let described = beside.ok().filter(|beside| *beside.data_set.named() == origin.schema);
            described.map(|beside| beside.data_set).ok_or(error)
        })
    }

    /// The bytes of the file.
    pub(super) fn json(&self) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads the description at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read (an error of the operating system), or describes nothing that this release
    /// knows (of the kind [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::UnexpectedEof`]).
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut json = Vec::new();
        open_plain(path)?.take(MAX_DESCRIPTION_BYTES).read_to_end(&mut json)?;
        description::parse(json)
    }
}
