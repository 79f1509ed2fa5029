//! The command: flags become a request, a request is run, and what came of it is reported.

pub mod bar;
mod checked;
mod escape;
pub mod flags;
mod manual;
mod outcome;
pub mod place;
pub mod refusal;
pub mod report;
pub mod request;
pub mod run;
mod signals;
mod version;
mod words;
