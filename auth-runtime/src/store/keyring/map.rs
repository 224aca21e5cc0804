//! A keyring for tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fmt, sync::Mutex};

use super::entries::{Entries, Keyring, Secret};
use crate::store::StoreError;

/// A keyring that is only a map.
#[derive(Default)]
pub(crate) struct Map(Mutex<BTreeMap<(String, String), String>>);

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map")
    }
}

impl Keyring for Map {
    fn open(&self, work: &mut dyn FnMut(&dyn Entries)) -> Result<(), StoreError> {
        work(self);
        Ok(())
    }
}

impl Entries for Map {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        let entries = self.0.lock().unwrap();
        Ok(entries.get(&(service.to_owned(), user.to_owned())).cloned().map(Secret::new))
    }

    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert((service.to_owned(), user.to_owned()), secret.to_owned());
        Ok(())
    }

    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(&(service.to_owned(), user.to_owned()));
        Ok(())
    }
}

impl Map {
    pub(crate) fn with<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(service, user, secret)| ((service.to_owned(), user.to_owned()), secret.to_owned()));
        Self(Mutex::new(entries.collect()))
    }

    pub(crate) fn content(&self) -> Vec<(String, String, String)> {
        let entries = self.0.lock().unwrap();
        entries.iter().map(|((service, user), secret)| (service.clone(), user.clone(), secret.clone())).collect()
    }
}
