//! Says a thing once.

use std::{
    collections::HashSet,
    fmt::Display,
    sync::{Mutex, PoisonError},
};

use crate::limits;

static SAID: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Logs what somebody should know of: as a warning the first time in the life of the process, in detail only after
/// that. A machine without a keyring has none at every login. An error is told with its causes.
pub(crate) fn warn_once(subject: &'static str, reason: &impl Display) {
    let reason = format!("{reason:#}");
    if is_new(&reason) {
        tracing::warn!("{subject}: {reason}");
    } else {
        tracing::debug!("{subject}: {reason}");
    }
}

fn is_new(text: &str) -> bool {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    let said = said.get_or_insert_default();
    said.len() < limits::NOTICES && said.insert(text.to_owned())
}
