//! How credentials are laid out in a keyring.

use std::fmt;

use super::entries::{Entries, Secret, unreadable};
use crate::{
    Credentials,
    store::{StoreError, StoreKey, entry, file_name::encoded_key},
};

/// A way of writing credentials down in a keyring. The methods block.
pub(crate) trait Layout: fmt::Debug + Send + Sync + 'static {
    /// The credentials, if there are some. An entry that is malformed counts as missing.
    fn read(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError>;

    /// Creates or replaces the credentials.
    fn write(&self, entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError>;

    /// Deletes the credentials, if there are some.
    fn delete(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError>;

    /// Leaves the credentials to the program that they are of: they are not read any more until they change. Their name,
    /// and what they are, if there are some.
    fn leave(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<(String, Credentials)>, StoreError>;
}

/// The service of all entries of this layout.
const SERVICE: &str = env!("CARGO_PKG_NAME");

/// One entry for each login, with the JSON that also stands in files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneEntry;

impl Layout for OneEntry {
    fn read(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let user = encoded_key(key);
        let Some(secret) = entries.get(SERVICE, &user)? else { return Ok(None) };
        match entry::read(key, secret.as_bytes()) {
            Ok(credentials) => Ok(Some(credentials)),
            Err(reason) => {
                unreadable(SERVICE, &user, &reason);
                Ok(None)
            }
        }
    }

    fn write(&self, entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let json = entry::write(key, credentials)?;
        // JSON is UTF-8.
        let json = Secret::new(String::from_utf8_lossy(&json).into_owned());
        entries.set(SERVICE, &encoded_key(key), &json)
    }

    fn delete(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        entries.delete(SERVICE, &encoded_key(key))
    }

    /// It is written by nobody else.
    fn leave(&self, _entries: &dyn Entries, _key: &StoreKey) -> Result<Option<(String, Credentials)>, StoreError> {
        Ok(None)
    }
}
