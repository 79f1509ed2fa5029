//! Delta tables: which files belong to the latest version, and the values of partition columns, as the log says.
//! Source: <https://github.com/delta-io/delta/blob/master/PROTOCOL.md>.
//!
//! The log is read from its first version on; one whose beginning has been cleaned away behind a checkpoint is refused,
//! as is everything that changes what the rows of a file mean.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

use arrow_schema::DataType;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::file::{CopyFile, FindError, PathValue, unreadable};
use super::format::Format;

/// The folder of the log.
pub(super) const LOG_NAME: &str = "_delta_log";
/// Digits of a version in the name of its file.
const VERSION_DIGITS: usize = 20;
const WAY_OUT: &str = "write its rows to a folder of plain Parquet files first";

/// Features of tables that do not change what a file means, or do so only where that is seen and refused.
const READER_FEATURES: [&str; 5] =
    ["columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"];

/// A line of the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    add: Option<Add>,
    remove: Option<Remove>,
    meta_data: Option<MetaData>,
    protocol: Option<Protocol>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Add {
    path: String,
    #[serde(default)]
    partition_values: HashMap<String, Option<String>>,
    deletion_vector: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Remove {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaData {
    schema_string: String,
    #[serde(default)]
    partition_columns: Vec<String>,
    #[serde(default)]
    configuration: HashMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protocol {
    min_reader_version: u32,
    #[serde(default)]
    reader_features: Vec<String>,
}

#[derive(Deserialize)]
struct TableSchema {
    fields: Vec<TableField>,
}

#[derive(Deserialize)]
struct TableField {
    name: String,
    #[serde(rename = "type")]
    data_type: serde_json::Value,
}

/// What the log says in the end.
#[derive(Default)]
struct Version {
    files: BTreeMap<String, Add>,
    meta_data: Option<MetaData>,
    protocol: Option<Protocol>,
}

/// The files of the table in `folder`, whose path has `outer_values`, named by their paths within it.
pub(super) fn files(folder: &Path, outer_values: &[PathValue]) -> Result<Vec<CopyFile>, FindError> {
    let refused = |reason: String| FindError::refused(folder, format!("{reason}: {WAY_OUT}"));
    let version = read_log(folder)?;
    let columns = version.columns().map_err(refused)?;
    let mut files = Vec::new();
    for (encoded, add) in &version.files {
        let relative = relative_path(encoded)
            .ok_or_else(|| refused(format!("Delta table has a file elsewhere, {encoded:?}")))?;
        if add.deletion_vector.is_some() {
            return Err(refused(format!(
                "Delta table has a deletion vector for {encoded:?}, which gen does not read"
            )));
        }
        let values = columns.iter().map(|(name, data_type)| {
            let value = add.partition_values.get(name).cloned().flatten();
            PathValue {
                name: name.clone(),
                value: value.filter(|value| !value.is_empty()),
                declared: Some(data_type.clone()),
            }
        });
        files.push(CopyFile {
            path: folder.join(&relative),
            name: relative,
            format: Format::Parquet,
            path_values: outer_values.iter().cloned().chain(values).collect(),
        });
    }
    Ok(files)
}

/// Replays all versions of the log.
fn read_log(folder: &Path) -> Result<Version, FindError> {
    let log = folder.join(LOG_NAME);
    let mut commits: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(&log).map_err(unreadable(&log))? {
        let path = entry.map_err(unreadable(&log))?.path();
        commits.extend(version_of(&path).map(|version| (version, path)));
    }
    commits.sort();
    let is_complete =
        !commits.is_empty() && (0..).zip(&commits).all(|(number, (version, _))| number == *version);
    if !is_complete {
        let reason = "log of the Delta table does not begin with version 0, or lacks a version, and gen reads no \
                      checkpoints";
        return Err(FindError::refused(folder, format!("{reason}: {WAY_OUT}")));
    }
    let mut version = Version::default();
    for (_, path) in commits {
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        let actions = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
        version.apply(actions.collect::<Result<_, _>>().map_err(|error| {
            FindError::refused(&path, format!("log of a Delta table is damaged: {error}"))
        })?);
    }
    Ok(version)
}

/// The version that a file of the log is of, if it is a commit.
fn version_of(path: &Path) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".json")?;
    let is_version = digits.len() == VERSION_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_version.then(|| digits.parse().ok())?
}

/// The path below the folder of a table that `encoded` means.
fn relative_path(encoded: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    let path = PathBuf::from(decoded.into_owned());
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    // A scheme, as in s3://bucket/file, is no folder.
    (is_plain && !encoded.contains("://")).then_some(path)
}

impl Version {
    /// Applies a commit, whose actions have no order: a file that gets another deletion vector is removed and added.
    fn apply(&mut self, actions: Vec<Action>) {
        for remove in actions.iter().filter_map(|action| action.remove.as_ref()) {
            self.files.remove(&remove.path);
        }
        for action in actions {
            self.files.extend(action.add.map(|add| (add.path.clone(), add)));
            self.meta_data = action.meta_data.or(self.meta_data.take());
            self.protocol = action.protocol.or(self.protocol.take());
        }
    }

    /// The partition columns, or what of the table gen does not read.
    fn columns(&self) -> Result<Vec<(String, DataType)>, String> {
        let (Some(meta_data), Some(protocol)) = (&self.meta_data, &self.protocol) else {
            return Err("log of the Delta table does not say what its columns are".to_owned());
        };
        let is_known = |feature: &&String| READER_FEATURES.contains(&feature.as_str());
        if let Some(feature) = protocol.reader_features.iter().find(|feature| !is_known(feature)) {
            return Err(format!("Delta table has the feature {feature:?}, which gen does not read"));
        }
        if protocol.min_reader_version > 3 {
            let version = protocol.min_reader_version;
            return Err(format!(
                "Delta table needs a reader of version {version}, and gen is one of version 3"
            ));
        }
        let mapping = meta_data.configuration.get("delta.columnMapping.mode").cloned().flatten();
        if let Some(mode) = mapping.filter(|mode| mode != "none") {
            return Err(format!("Delta table maps its columns by {mode}, which gen does not read"));
        }
        let schema: TableSchema = serde_json::from_str(&meta_data.schema_string)
            .map_err(|error| format!("schema of the Delta table is damaged: {error}"))?;
        let column = |name: &String| {
            let field = schema.fields.iter().find(|field| field.name == *name);
            let declared = field.and_then(|field| field.data_type.as_str());
            let data_type = declared.and_then(data_type);
            data_type.map(|data_type| (name.clone(), data_type)).ok_or_else(|| {
                let declared = declared.unwrap_or("unknown type");
                format!(
                    "Delta table is partitioned by {name:?}, a column of {declared}, which gen does not read"
                )
            })
        };
        meta_data.partition_columns.iter().map(column).collect()
    }
}

/// The type of a partition column whose values are written in one way only.
fn data_type(declared: &str) -> Option<DataType> {
    Some(match declared {
        "string" => DataType::Utf8,
        "byte" => DataType::Int8,
        "short" => DataType::Int16,
        "integer" => DataType::Int32,
        "long" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date32,
        _ => {
            let digits = declared.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, scale) = digits.split_once(',')?;
            DataType::Decimal128(precision.trim().parse().ok()?, scale.trim().parse().ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    const PROTOCOL: &str = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#;

    fn meta_data(more: &str) -> String {
        let schema = r#"{\"type\":\"struct\",\"fields\":[{\"name\":\"p\",\"type\":\"string\"},{\"name\":\"d\",\"type\":\"date\"},{\"name\":\"t\",\"type\":\"timestamp\"}]}"#;
        format!(r#"{{"metaData":{{"id":"x","schemaString":"{schema}"{more}}}}}"#)
    }

    /// A path, and the values of its partition columns.
    type PathAndValues = (String, Vec<Option<String>>);

    /// The files of a table with these versions.
    fn read(versions: &[(usize, String)]) -> Result<Vec<PathAndValues>, String> {
        let folder = tempdir().expect("a folder");
        let log = folder.path().join(LOG_NAME);
        fs::create_dir(&log).expect("a folder");
        for (version, lines) in versions {
            fs::write(log.join(format!("{version:020}.json")), lines).expect("a file");
        }
        let found = files(folder.path(), &[]).map_err(|error| error.to_string())?;
        let of_file = |file: CopyFile| {
            let values = file.path_values.into_iter().map(|value| value.value).collect();
            (file.name.display().to_string(), values)
        };
        Ok(found.into_iter().map(of_file).collect())
    }

    #[test]
    fn the_files_of_the_latest_version_are_read() {
        let add = |path: &str, values: &str| {
            format!(
                r#"{{"add":{{"path":"{path}","partitionValues":{{{values}}},"size":1,"dataChange":true}}}}"#
            )
        };
        let first = [
            PROTOCOL.to_owned(),
            meta_data(r#","partitionColumns":["p","d"],"configuration":{}"#),
            add("p=a/1.parquet", r#""p":"a","d":"2024-01-31""#),
            add("p=b%20c/2.parquet", r#""p":"b c","d":null"#),
        ];
        let second = [
            r#"{"commitInfo":{"operation":"OPTIMIZE"}}"#.to_owned(),
            r#"{"remove":{"path":"p=a/1.parquet","dataChange":false}}"#.to_owned(),
            add("p=a/3.parquet", r#""p":"a","d":"""#),
        ];
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            read(&[(0, first.join("\n")), (1, second.join("\n"))]),
            Ok(vec![
                ("p=a/3.parquet".to_owned(), vec![text("a"), None]),
                ("p=b c/2.parquet".to_owned(), vec![text("b c"), None]),
            ])
        );
    }

    #[test]
    fn what_would_change_the_meaning_of_files_is_refused() {
        let table = |lines: &[&str]| vec![(0, lines.join("\n"))];
        let plain = meta_data("");
        for (versions, reason) in [
            (vec![], "does not begin with version 0"),
            (vec![(1, plain.clone())], "does not begin with version 0"),
            (vec![(0, plain.clone()), (2, String::new())], "lacks a version"),
            (table(&[&plain]), "does not say what its columns are"),
            (table(&["{"]), "is damaged"),
            (
                table(&[
                    r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["variantType"]}}"#,
                    &plain,
                ]),
                "feature \"variantType\"",
            ),
            (table(&[r#"{"protocol":{"minReaderVersion":4}}"#, &plain]), "version 4"),
            (
                table(&[PROTOCOL, &meta_data(r#","configuration":{"delta.columnMapping.mode":"name"}"#)]),
                "maps its columns by name",
            ),
            (table(&[PROTOCOL, &meta_data(r#","partitionColumns":["t"]"#)]), "a column of timestamp"),
            (table(&[PROTOCOL, &plain, r#"{"add":{"path":"s3://bucket/x"}}"#]), "a file elsewhere"),
            (table(&[PROTOCOL, &plain, r#"{"add":{"path":"/etc/x"}}"#]), "a file elsewhere"),
            (table(&[PROTOCOL, &plain, r#"{"add":{"path":"..%2Fx"}}"#]), "a file elsewhere"),
            (
                table(&[PROTOCOL, &plain, r#"{"add":{"path":"x","deletionVector":{"storageType":"u"}}}"#]),
                "deletion vector",
            ),
            (
                table(&[
                    PROTOCOL,
                    &plain,
                    r#"{"add":{"path":"x","deletionVector":{"storageType":"u"}}}"#,
                    r#"{"remove":{"path":"x"}}"#,
                ]),
                "deletion vector",
            ),
        ] {
            let error = read(&versions).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }
}
