//! Why something failed, in plain words, where it was the code of others that failed.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an error of the readers and writers that this crate uses says, without the names of their kinds of errors that
/// they put before it, one for each library that it came through.
pub(crate) fn plain_reason(error: &impl Display) -> String {
    const PREFIXES: [&str; 18] = [
        "Arrow: ",
        "Cast error: ",
        "Compute error: ",
        "Csv error: ",
        "EOF: ",
        "External error: ",
        "External: ",
        "Invalid argument error: ",
        "Io error: ",
        "Ipc error: ",
        "Json error: ",
        "Memory error: ",
        "NYI: ",
        "Not yet implemented: ",
        "Parquet argument error: ",
        "Parquet error: ",
        "Parser error: ",
        "Schema error: ",
    ];
    let message = error.to_string();
    let mut reason = message.as_str();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| reason.strip_prefix(prefix)) {
        reason = rest;
    }
    reason.to_owned()
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// Does `work`, which decodes what others wrote: a decoder that panics has met something unreadable, for the reason that
/// `unreadable` is told.
pub(crate) fn decoding<T, E>(
    work: impl FnOnce() -> Result<T, E>,
    unreadable: impl FnOnce(String) -> E,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(unreadable(format!("its decoder failed: {}", panic_message(&*panic)))))
}

#[cfg(test)]
mod tests {
    use std::io;

    use arrow_schema::ArrowError;

    use super::*;

    #[test]
    fn a_reason_has_no_library_before_it() {
        let parquet = |error: parquet::errors::ParquetError| ArrowError::from(error);
        let end = io::Error::from(io::ErrorKind::UnexpectedEof);
        for (error, reason) in [
            (ArrowError::CsvError("line 3 has 4 fields".into()), "line 3 has 4 fields"),
            (ArrowError::JsonError("line 3: a bracket".into()), "line 3: a bracket"),
            (parquet(parquet::errors::ParquetError::General("a page".into())), "a page"),
            (parquet(parquet::errors::ParquetError::External(Box::new(end))), "unexpected end of file"),
            (ArrowError::ExternalError(Box::new(ArrowError::CsvError("quotes".into()))), "quotes"),
            (ArrowError::DivideByZero, "Divide by zero error"),
        ] {
            assert_eq!(plain_reason(&error), reason);
        }
    }
}
