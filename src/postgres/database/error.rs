//! Why a text is not the address of a database.

/// Why a text is not the address of a database that can be connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

impl AddressError {
    pub(super) fn new(what: String) -> Self {
        Self(what)
    }
}
