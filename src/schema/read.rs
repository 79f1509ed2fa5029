//! From the text of a schema file to what it holds.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::column::Schema;
use super::fault::{Fault, Faults};
use super::file::{ReadOptions, SchemaFile};
use super::node::Node;
use super::resolve::resolve;
use super::text::parse;

impl SchemaFile {
    /// Reads YAML or JSON. `source` is what messages call the text, such as the name of its file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(source: &str, text: &str, options: &ReadOptions<'_>) -> Result<Self, Faults> {
        let root = match parse(text) {
            Ok(Some(root)) => root,
            Ok(None) => return Err(Faults::new(source, vec![empty()])),
            Err(fault) => return Err(Faults::new(source, vec![fault])),
        };
        resolve(&root, options).map_err(|faults| Faults::new(source, faults))
    }
}

fn empty() -> Fault {
    Fault {
        at: None,
        table: None,
        column: None,
        message: "the schema is empty; give it the key \"columns\" or \"tables\"".to_owned(),
    }
}

impl<'de> Deserialize<'de> for Schema {
    /// Reads the schema of a description, without places.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let schema = Self::from_node(&Node::deserialize(deserializer)?);
        schema.map_err(|faults| D::Error::custom(faults.summary()))
    }
}

impl Schema {
    /// What the nodes of a schema that is not a text describe.
    pub(crate) fn from_node(root: &Node) -> Result<Self, Faults> {
        let file = resolve(root, &ReadOptions::default()).map_err(|faults| Faults::new("", faults))?;
        Ok(file.schema)
    }
}
