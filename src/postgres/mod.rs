//! PostgreSQL, both ways: loading rows into a table, and reading them back to be checked.
//!
//! | module | what it knows |
//! |---|---|
//! | `database` | addresses, passwords, TLS, connections |
//! | `runtime` | what is asynchronous, within what is not |
//! | `sql` | names and texts as SQL has them |
//! | `session` | how transactions begin, and how statements are sent in them |
//! | `waits` | other sessions that are waited for, and how they are named |
//! | `types` | which type holds the values of which Arrow type |
//! | `encode`, `decode` | record batches to rows in the binary copy format, and back |
//! | `table` | tables: their names, their columns, how they are made |
//! | `ledger` | what has been loaded into them |
//! | `examine` | whether all values can be stored |
//! | `options` | what a load is asked to do, would do, and has done |
//! | `existing` | what is done about a table that exists |
//! | `ready` | what happens before the first row |
//! | `send` | parts on their way: encoded by threads, sent over connections |
//! | `load` | a source into a table |
//! | `read` | a table as pieces of a copy |
//!
//! This is the one place that is asynchronous: a runtime is made when something is asked for, and ends with it.

mod database;
mod decode;
mod encode;
mod error;
mod examine;
mod existing;
mod ledger;
mod load;
mod options;
mod read;
mod ready;
mod runtime;
mod send;
mod session;
mod sql;
mod table;
mod types;
mod waits;

pub use database::{AddressError, Database};
pub use encode::{EncodeError, binary_copy};
pub use error::{DatabaseError, LoadError};
pub use ledger::{LEDGER_NAME, UNLOGGED_LEDGER_NAME};
pub use load::{load, survey_load};
pub use options::{IfExists, LoadOptions, LoadSurvey, Loaded, Method, MethodError, TableAction};
pub use read::TableCopy;
pub use table::{TableName, TableNameError};
