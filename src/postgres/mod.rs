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
//! | `times`, `numeric` | dates, times and numbers in the server's binary form |
//! | `fields` | Arrow arrays to fields in the server's binary form |
//! | `encode`, `decode` | record batches to rows in the binary copy format, and back |
//! | `table` | tables: their names, their columns, how they are made |
//! | `ledger` | what has been loaded into them |
//! | `foresee` | whether PostgreSQL can store all values of a data set, by its schema |
//! | `examine` | whether it can store all values of files, by reading them |
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
mod fields;
mod foresee;
mod ledger;
mod load;
mod numeric;
mod options;
mod read;
mod ready;
mod runtime;
mod send;
mod session;
mod sql;
mod table;
mod times;
mod types;
mod waits;

pub use database::{AddressError, Database};
pub use encode::{EncodeError, binary_copy};
pub use error::{DatabaseError, LoadError};
pub use ledger::{LEDGER_NAME, UNLOGGED_LEDGER_NAME};
pub use load::{load, survey_load};
pub use options::{IfExists, LoadColumn, LoadOptions, LoadSurvey, Loaded, Method, MethodError, TableAction};
pub use read::TableCopy;
pub use table::{TableName, TableNameError};
