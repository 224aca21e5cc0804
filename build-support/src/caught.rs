//! Panics of crates that trust what they are given.

use std::panic::{self, AssertUnwindSafe};

use crate::error::Error;

/// Makes an error of a panic. The generators trust descriptors and options blindly: one attribute with a typing error,
/// or one wrong index in a set's source information, and they panic.
pub(crate) fn catch<T>(generator: impl FnOnce() -> T) -> Result<T, Error> {
    // What the closure owns is dropped with it, so nothing half changed is seen afterwards.
    panic::catch_unwind(AssertUnwindSafe(generator)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Error::Panic(message.unwrap_or("a panic without a message").to_owned())
    })
}
