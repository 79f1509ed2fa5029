//! What databases and connections to them say when something goes wrong.

use tokio_postgres::error::SqlState;

use super::database::with_causes;
use crate::error::ErrorKind;

/// Why something that involves a database did not come about. Never contains a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct DatabaseError {
    place: String,
    what: String,
    kind: ErrorKind,
}

impl DatabaseError {
    /// Something that has to be asked for in another way.
    pub(super) fn request(place: impl ToString, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), what: what.into(), kind: ErrorKind::Request }
    }

    /// Something that failed.
    pub(super) fn work(place: impl ToString, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), what: what.into(), kind: ErrorKind::Work }
    }

    pub(super) fn of(place: &str, error: &tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            let what = with_causes(error);
            // What the driver calls a configuration is the address, and the password that is not in it.
            return if what.contains("password missing") {
                Self::request(place, "a password is needed: give it in the address, PGPASSWORD or ~/.pgpass")
            } else if what.starts_with("invalid configuration") {
                Self::request(place, what)
            } else {
                Self::work(place, what)
            };
        };
        let mut what = said.message().to_owned();
        // Of the contexts that there are, the row and the column that were copied.
        let copied = said.where_().filter(|context| context.starts_with("COPY ") && !context.contains('\n'));
        for more in [said.detail(), said.hint(), copied].into_iter().flatten() {
            what.push_str(&format!(" ({more})"));
        }
        let is_request = [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            SqlState::INVALID_CATALOG_NAME,
            SqlState::INVALID_SCHEMA_NAME,
            SqlState::INSUFFICIENT_PRIVILEGE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::UNDEFINED_TABLE,
            SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
            SqlState::WRONG_OBJECT_TYPE,
            SqlState::TOO_MANY_COLUMNS,
        ];
        if is_request.contains(said.code()) { Self::request(place, what) } else { Self::work(place, what) }
    }

    /// What went wrong, without where.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Whose turn it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}
