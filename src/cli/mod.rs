//! The command: flags become a request, a request is run, and what came of it is reported.

pub mod bar;
pub mod count;
pub mod flags;
pub mod report;
pub mod request;
pub mod run;
