//! Everything that is proved through the public interface: the library's and the command's.
//!
//! One module a theme; `naive` is the second implementation that all of them compare with.

mod arrow_files;
mod bad_input;
mod batches;
mod check_types;
mod checks;
mod columns;
mod command;
mod contract;
mod copy_bytes;
mod copy_folders;
mod described;
mod folders;
mod functions;
mod house;
mod naive;
mod parquet_files;
mod relations;
mod schema_files;
mod schemas;
mod several_tables;
mod shards;
mod signals;
mod sizes;
mod stored_columns;
mod support;
mod tiny;
mod truncated;
mod value_files;
