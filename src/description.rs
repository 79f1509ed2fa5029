//! Descriptions in JSON, wherever they are kept: in `_dataset.json`, in the metadata of a part, in a ledger.
//!
//! A field that this release does not know may change what the others mean, at whatever depth it is. So every type of a
//! description refuses unknown fields, and a description that has some is told to be newer.

use std::io;

use serde::de::DeserializeOwned;

/// Reads the description `json`.
///
/// # Errors
///
/// If it is none that this release knows: of the kind [`io::ErrorKind::UnexpectedEof`] if it is truncated, else
/// [`io::ErrorKind::InvalidData`].
pub(crate) fn parse<T: DeserializeOwned>(json: impl AsRef<[u8]>) -> io::Result<T> {
    serde_json::from_slice(json.as_ref()).map_err(|error| {
        let message = error.to_string();
        // The word of serde and of schemas.
        match message.starts_with("unknown ") {
            true => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{message}: it was written by a newer gen"),
            ),
            false => error.into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::folder::FolderDescription;

    fn description() -> Value {
        json!({
            "dataset": {
                "contract": 1, "seed": 0, "first_row": 0, "rows": 10,
                "columns": [
                    {"name": "id", "generator": "uuid", "type": "text"},
                    {"name": "score", "generator": "uniform", "type": "float64"},
                ],
            },
            "layout": {"batch_rows": 10, "row_group_rows": 10, "compression": "zstd:3"},
        })
    }

    fn refused(description: &Value) -> String {
        let error = parse::<FolderDescription>(description.to_string()).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        error.to_string()
    }

    #[test]
    fn a_field_that_is_not_known_is_refused_wherever_it_is() {
        parse::<FolderDescription>(description().to_string()).expect("a description");
        for place in ["", "/dataset", "/dataset/columns/0", "/dataset/columns/1", "/layout"] {
            for value in [json!(null), json!(false), json!(0.05), json!("x"), json!([1]), json!({"of": 1})] {
                let mut newer = description();
                newer.pointer_mut(place).expect("a place")["stream"] = value;
                let said = refused(&newer);
                assert!(
                    said.starts_with("unknown ")
                        && said.contains("stream")
                        && said.contains("written by a newer gen"),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_refused() {
        for (place, name) in [
            ("/dataset/columns/0/generator", "weibull"),
            ("/dataset/columns/0/type", "int256"),
            ("/dataset/columns/1/type", "money"),
        ] {
            let mut newer = description();
            *newer.pointer_mut(place).expect("a place") = name.into();
            let said = refused(&newer);
            assert!(said.contains(name) && said.contains("written by a newer gen"), "{said}");
        }
        for place in ["/dataset/columns/0/type", "/dataset/columns/0/generator", "/layout/compression"] {
            let mut newer = description();
            *newer.pointer_mut(place).expect("a place") = json!({"uuid": 1});
            assert!(refused(&newer).contains("expected"));
        }
    }
}
