//! Says a thing once.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::StoreError;
use crate::limits;

static SAID: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Logs what is wrong with a store: as a warning the first time in the life of the process, in detail only after that.
/// A machine without a keyring has none at every login.
pub(crate) fn notice(doing: &'static str, error: &StoreError) {
    let error = error.to_string();
    if is_new(&error) {
        tracing::warn!("{doing}: {error}");
    } else {
        tracing::debug!("{doing}: {error}");
    }
}

fn is_new(text: &str) -> bool {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    let said = said.get_or_insert_default();
    said.len() < limits::STORE_NOTICES && said.insert(text.to_owned())
}
