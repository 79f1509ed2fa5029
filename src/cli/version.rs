//! The version of the command, with what was built.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

use crate::CONTRACT_VERSION;

/// The commit that this was built from, if whoever built it said so.
const COMMIT: Option<&str> = option_env!("SAMPLEGEN_COMMIT");

/// The version, and what was built.
pub static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut text =
        format!("{}\nvalue contract {CONTRACT_VERSION}\ntarget {ARCH}-{OS}", env!("CARGO_PKG_VERSION"));
    if cfg!(debug_assertions) {
        text.push_str(", debug build");
    }
    if let Some(commit) = COMMIT {
        text.push_str(&format!("\ncommit {commit}"));
    }
    text
});
