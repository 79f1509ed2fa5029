//! What databases and connections to them say when something goes wrong.

use tokio_postgres::error::SqlState;

use crate::progress::Stopped;
use crate::remedy::{ErrorKind, Remedy};
use crate::source::Unreadable;
use crate::workers::ThreadsError;

/// Why rows were not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The database cannot be used, or not for this.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The rows could not be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The rows can never be loaded as they are.
    #[error("{source}; {left}")]
    Unloadable {
        /// Why not.
        source: Box<LoadError>,
        /// What the load has left behind.
        left: String,
    },
    /// There are no threads to work on.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// A thread or a task panicked: a bug.
    #[error("the load failed: internal error: {message} (a bug of gen: please report it)")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The work was told to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl LoadError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::Unloadable { source, .. } => source.kind(),
            Self::Unreadable(_) | Self::Threads(_) | Self::Panicked { .. } => ErrorKind::Work,
            Self::Stopped(_) => ErrorKind::Stopped,
        }
    }

    /// The ways out, any one of which will do; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Database(error) => error.remedies(),
            Self::Unloadable { source, .. } => source.remedies(),
            Self::Threads(_) => vec![Remedy::FewerConnections],
            Self::Unreadable(_) | Self::Panicked { .. } | Self::Stopped(_) => Vec::new(),
        }
    }

    /// Whether the same rows fail in the same way again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Database(error) => error.is_final(),
            Self::Unreadable(error) => error.is_final(),
            Self::Unloadable { .. } => true,
            Self::Threads(_) | Self::Panicked { .. } | Self::Stopped(_) => false,
        }
    }
}

/// What stands in the way, and the ways out, any one of which will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) what: String,
    pub(super) remedies: Vec<Remedy>,
}

impl Refusal {
    pub(super) fn new(what: impl Into<String>, remedies: impl Into<Vec<Remedy>>) -> Self {
        Self { what: what.into(), remedies: remedies.into() }
    }
}

impl From<String> for Refusal {
    fn from(what: String) -> Self {
        Self { what, remedies: Vec::new() }
    }
}

impl From<&str> for Refusal {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// Why something that involves a database failed. Never contains a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct DatabaseError {
    place: String,
    what: String,
    remedies: Vec<Remedy>,
    kind: ErrorKind,
    /// Whether the same rows fail in the same way again.
    is_final: bool,
}

/// What the messages of PgBouncer begin with that are explained, the explanation, the ways out, and the kind of the error.
const POOLER_MESSAGES: [(&str, &str, &[Remedy], ErrorKind); 3] = [
    (
        "query_wait_timeout",
        "all connections of the pooler to the server were in use for too long",
        &[Remedy::FewerConnections],
        ErrorKind::Work,
    ),
    (
        "transaction blocks not allowed in statement pooling mode",
        "give the address of a pooler in transaction mode, or that of the server",
        &[],
        ErrorKind::Request,
    ),
    (
        "unsupported startup parameter",
        "leave it out of the address and the environment, or have the pooler ignore it (ignore_startup_parameters)",
        &[],
        ErrorKind::Request,
    ),
];

/// Classes of SQLSTATE that tell of the rows or the table, which the same rows meet again: data, constraints, syntax and
/// access rules, check options, features, limits.
const FINAL: [&str; 6] = ["0A", "22", "23", "42", "44", "54"];

/// What is known of the row that the server has refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum SentRow<'a> {
    /// It is this one of the data set or the file.
    Number(u64),
    /// It is one of those that were copied to `table`, the first of which is `first_row`: the server says which.
    Copied { first_row: u64, table: &'a str },
}

/// The line, from 1, and the column that the server's `context` of a `COPY` to `table` tells. Words in it may be in any
/// language.
fn copied<'a>(context: &'a str, table: &str) -> Option<(u64, Option<&'a str>)> {
    let line = context.strip_prefix("COPY ")?.strip_prefix(table)?.strip_prefix(", ")?;
    let line = line.lines().next()?;
    let start = line.find(|letter: char| letter.is_ascii_digit())?;
    let end =
        line[start..].find(|letter: char| !letter.is_ascii_digit()).map_or(line.len(), |end| start + end);
    let number = line[start..end].parse().ok().filter(|number| *number > 0)?;
    Some((number, line[end..].strip_prefix(", ")))
}

impl DatabaseError {
    /// Something that has to be asked for in another way.
    pub(super) fn request(place: impl ToString, why: impl Into<Refusal>) -> Self {
        let Refusal { what, remedies } = why.into();
        Self { place: place.to_string(), what, remedies, kind: ErrorKind::Request, is_final: false }
    }

    /// Something that failed.
    pub(super) fn work(place: impl ToString, why: impl Into<Refusal>) -> Self {
        Self { kind: ErrorKind::Work, ..Self::request(place, why) }
    }

    /// Rows that cannot be stored.
    pub(super) fn rows(place: impl ToString, why: impl Into<Refusal>) -> Self {
        Self { is_final: true, ..Self::work(place, why) }
    }

    /// An error of the server about the values of a row of `place`; `None` if `error` is another one.
    pub(super) fn of_row(place: &str, row: &SentRow<'_>, error: &tokio_postgres::Error) -> Option<Self> {
        let said = error.as_db_error()?;
        if !["22", "23"].iter().any(|class| said.code().code().starts_with(class)) {
            return None;
        }
        let (number, column) = match *row {
            SentRow::Number(number) => (Some(number), None),
            SentRow::Copied { first_row, table } => {
                match said.where_().and_then(|context| copied(context, table)) {
                    Some((line, column)) => (Some(first_row.wrapping_add(line - 1)), column),
                    None => (None, None),
                }
            }
        };
        let refused = number.map_or("a row".to_owned(), |number| format!("row {number} (counted from 0)"));
        let mut what = format!("the server refuses {refused}: {}", said.message());
        for more in [said.detail(), said.hint(), column].into_iter().flatten() {
            what.push_str(&format!(" ({more})"));
        }
        Some(Self::rows(place, what))
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
        // Messages may be in any language; the server's own routines are not.
        if said.routine() == Some("check_enable_rls") {
            let what = format!(
                "row-level security hides rows from this role ({}): give the owner of the table, or a role with BYPASSRLS",
                said.message()
            );
            return Self::rows(place, what);
        }
        let mut what = said.message().to_owned();
        // Of the contexts that there are, the row and the column that were copied.
        let copied = said.where_().filter(|context| context.starts_with("COPY ") && !context.contains('\n'));
        for more in [said.detail(), said.hint(), copied].into_iter().flatten() {
            what.push_str(&format!(" ({more})"));
        }
        if said.code() == &SqlState::READ_ONLY_SQL_TRANSACTION {
            what.push_str(" (default_transaction_read_only is on, or the server is a standby)");
        }
        let of_pooler = POOLER_MESSAGES.iter().find(|(start, ..)| said.message().starts_with(start));
        let mut remedies = Vec::new();
        if let Some((_, explained, ways_out, _)) = of_pooler {
            what.push_str(": ");
            what.push_str(explained);
            remedies.extend_from_slice(ways_out);
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
        let is_final = FINAL.iter().any(|class| said.code().code().starts_with(class));
        let is_request =
            of_pooler.map_or(is_request.contains(said.code()), |(.., kind)| *kind == ErrorKind::Request);
        let error = if is_request { Self::request(place, what) } else { Self::work(place, what) };
        Self { is_final, remedies, ..error }
    }

    /// An error of opening a connection. `is_password_exposed` says that there is a password that is not used.
    pub(super) fn of_connecting(
        place: &str,
        error: &tokio_postgres::Error,
        is_password_exposed: bool,
    ) -> Self {
        /// Values and names that the server does not take: data exceptions, authorization, databases, settings.
        const REQUESTS: [&str; 4] = ["22", "28", "3D", "42"];
        let mut opened = Self::of(place, error);
        if error.code().is_some_and(|code| REQUESTS.iter().any(|class| code.code().starts_with(class))) {
            opened.kind = ErrorKind::Request;
        }
        if is_password_exposed && opened.what.contains("password") {
            opened
                .what
                .push_str(" (the password file is not used, since others may read it: run chmod 600 on it)");
        }
        opened
    }

    /// This error, and that of a second attempt made `how`.
    pub(super) fn and_then(self, how: &str, second: &Self) -> Self {
        if self.what == second.what {
            return self;
        }
        Self {
            what: format!("{}; {how}: {}", self.what, second.what),
            remedies: second.remedies.clone(),
            kind: second.kind,
            place: self.place,
            is_final: false,
        }
    }

    /// The errors of all servers of the database at `place` that were tried, of which there is at least one.
    pub(super) fn of_all(place: &str, failures: &[(String, Self)]) -> Self {
        if let [(_, only)] = failures {
            return only.clone();
        }
        let is_request =
            !failures.is_empty() && failures.iter().all(|(_, error)| error.kind == ErrorKind::Request);
        let what: Vec<_> =
            failures.iter().map(|(server, error)| format!("{server}: {}", error.what)).collect();
        let what = if what.is_empty() { "the host has no address".to_owned() } else { what.join("; ") };
        if is_request { Self::request(place, what) } else { Self::work(place, what) }
    }

    /// Whether the same rows fail in the same way again.
    pub(super) fn is_final(&self) -> bool {
        self.is_final
    }

    /// What went wrong, without where.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The ways out, any one of which will do; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        self.remedies.clone()
    }

    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// Why a table or its ledger is not ready.
#[derive(Debug)]
pub(super) enum Unready {
    /// The server or the connection failed.
    Server(tokio_postgres::Error),
    /// The load is refused.
    Refused(Refusal),
}

impl From<tokio_postgres::Error> for Unready {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Refusal> for Unready {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

/// An error and what caused it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_that_was_copied_is_read_in_any_language() {
        for (context, table, told) in [
            ("COPY t, line 3", "t", Some((3, None))),
            ("COPY t, line 12, column x", "t", Some((12, Some("column x")))),
            ("COPY t 7, Zeile 12, Spalte x", "t 7", Some((12, Some("Spalte x")))),
            ("COPY t, line 3\nPL/pgSQL function f() line 1", "t", Some((3, None))),
            ("COPY t2, line 3", "t", None),
            ("COPY t, line 0", "t", None),
            ("PL/pgSQL function f() line 1", "t", None),
        ] {
            assert_eq!(copied(context, table), told, "{context}");
        }
    }
}
