//! The file that describes the data set of a folder.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::pending::open_plain;
use crate::dataset::{DataSet, DataSetError};
use crate::description;
use crate::layout::Layout;
use crate::part::origin::Origin;
use crate::plan::{Plan, Plans};
use crate::schema::{MAX_BYTES, Schema};

/// Its name.
pub const DESCRIPTION_NAME: &str = "_dataset.json";

/// No description of ours is longer: a table has at most 16 MiB of values, each on a line of its own.
const MAX_DESCRIPTION_BYTES: u64 = MAX_BYTES as u64;

/// What `_dataset.json` says.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderDescription {
    /// The schema of all tables.
    pub schema: Schema,
    /// The tables, in order.
    pub tables: Vec<DescribedTable>,
}

/// What `_dataset.json` says of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedTable {
    /// The table.
    pub data_set: DataSet,
    /// The layout of its files.
    pub layout: Layout,
}

/// Its JSON form. A table without a name has a layout; tables with names have theirs by their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    dataset: Schema,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layout: Option<Layout>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layouts: Option<BTreeMap<String, Layout>>,
}

impl Serialize for FolderDescription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named =
            self.tables.iter().map(|table| Some((table.data_set.table().name.clone()?, table.layout)));
        let layouts: Option<BTreeMap<String, Layout>> = named.collect();
        let layout = match (&layouts, &self.tables[..]) {
            (None, [table]) => Some(table.layout),
            _ => None,
        };
        Json { dataset: self.schema.clone(), layout, layouts }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FolderDescription {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json { dataset: schema, layout, layouts } = Json::deserialize(deserializer)?;
        let data_sets = DataSet::all_of(&schema).map_err(D::Error::custom)?;
        let layout_of = |data_set: &DataSet| match &data_set.table().name {
            None => layout,
            Some(name) => layouts.as_ref()?.get(name).copied(),
        };
        let tables: Vec<_> = data_sets
            .into_iter()
            .filter_map(|data_set| Some(DescribedTable { layout: layout_of(&data_set)?, data_set }))
            .collect();
        let told = layouts.map_or(0, |layouts| layouts.len()) + usize::from(layout.is_some());
        if tables.is_empty() || told != tables.len() {
            return Err(D::Error::custom("the layouts are not those of the tables"));
        }
        Ok(Self { schema, tables })
    }
}

impl FolderDescription {
    /// The description of the tables that `plans` plan.
    pub fn of(plans: &Plans) -> Self {
        let table =
            |plan: &Plan| DescribedTable { data_set: plan.data_set().clone(), layout: *plan.layout() };
        Self { schema: plans.schema().clone(), tables: plans.tables().iter().map(table).collect() }
    }

    /// The data set of the part at `path`, which is of `origin`: as the part says it, or, where it names values by their
    /// digest, as the description does that is beside it or in the folder above.
    ///
    /// # Errors
    ///
    /// If neither says it.
    pub fn data_set_of(path: &Path, origin: &Origin) -> Result<DataSet, DataSetError> {
        origin.data_set().or_else(|error| {
            let folders = path.ancestors().skip(1).take(2);
            let described = folders.filter_map(|folder| Self::read(&folder.join(DESCRIPTION_NAME)).ok());
            let mut tables = described.flat_map(|description| description.tables);
            tables
                .find(|table| *table.data_set.named() == origin.schema)
                .map(|table| table.data_set)
                .ok_or(error)
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
