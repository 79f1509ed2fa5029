//! Why a folder cannot be written to.

use std::path::PathBuf;
use std::{fmt, io};

use crate::difference::{DescribedOption, Differences};
use crate::progress::Stopped;
use crate::remedy::{ErrorKind, Remedy};

/// Why a folder cannot be written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The folder holds something that a run must not mix with or destroy.
    #[error("{}: {holds}", path.display())]
    Occupied {
        /// The folder or the file.
        path: PathBuf,
        /// What it holds.
        holds: Holds,
        /// The ways out.
        remedies: Vec<Remedy>,
    },
    /// Another process is writing to the folder.
    #[error("{}: another gen is writing to this folder", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be used at all.
    #[error("{}: {source}", path.display())]
    Unusable {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Tables have folders of their names, and no folder of data can have this one: engines pass it over, or take it
    /// for the value of a column.
    #[error("table {0:?}: no folder of data can have this name; rename the table")]
    TableName(String),
    /// The work was told to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// What a folder holds that a run must not mix with or destroy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// Another data set.
    OtherDataSet(Differences),
    /// The same data set in another layout.
    OtherLayout(Differences),
    /// A part of this data set under another name.
    OtherName,
    /// A truncated part of another data set or layout.
    OtherTruncated,
    /// A part that this release does not know, for this reason.
    Unknown(String),
    /// A description that this release does not know, for this reason if there is one.
    UnknownDescription(Option<String>),
    /// A file that another program wrote.
    Foreign,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(DescribedOption::name))
    }
}

impl Holds {
    /// What the folder holds in words, each option called as `name` has it.
    pub fn in_words(&self, name: impl Fn(DescribedOption) -> &'static str) -> String {
        match self {
            Self::OtherDataSet(differences) => {
                format!("the folder holds another data set ({})", differences.in_words(name))
            }
            Self::OtherLayout(differences) => {
                format!(
                    "the folder holds the same data set in another layout ({})",
                    differences.in_words(name)
                )
            }
            Self::OtherName => "the folder holds a part of this data set under another name".to_owned(),
            Self::OtherTruncated => {
                "the folder holds a truncated part of another data set or layout".to_owned()
            }
            Self::Unknown(reason) => reason.clone(),
            Self::UnknownDescription(None) => "not a description that this gen can read".to_owned(),
            Self::UnknownDescription(Some(reason)) => {
                format!("not a description that this gen can read: {reason}")
            }
            Self::Foreign => "not written by gen".to_owned(),
        }
    }
}

impl FolderError {
    /// Who has to act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Occupied { .. } | Self::Busy { .. } | Self::Unusable { .. } | Self::TableName(_) => {
                ErrorKind::Request
            }
            Self::Io { .. } => ErrorKind::Work,
            Self::Stopped(_) => ErrorKind::Stopped,
        }
    }

    /// The ways out; none if the error itself says all that there is to say.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Occupied { remedies, .. } => remedies.clone(),
            Self::Busy { .. } => vec![Remedy::Wait, Remedy::AnotherFolder],
            Self::Unusable { .. } => vec![Remedy::WritableFolder],
            Self::Io { .. } | Self::TableName(_) | Self::Stopped(_) => Vec::new(),
        }
    }
}
