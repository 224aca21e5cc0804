//! What a person is told of an error.

use std::error::Error;

/// The error and what caused it, one after the other, as error reporters print them.
pub fn told(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}
