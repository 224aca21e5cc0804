//! The layouts of other programs, each with what is known of its tokens.

use super::{
    KeyringLayout,
    record::{Binding, Match, Record, digest},
};
use crate::{
    Credentials,
    net::{destination::is_loopback, warn_once::warn_once},
    store::{
        StoreError, StoreKey,
        keyring::{entries::Entries, layout::Layout},
    },
};

/// A layout of other programs, and beside it which login its tokens are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound(pub(super) KeyringLayout);

impl Layout for Bound {
    fn read(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let Some(credentials) = self.0.read(entries, key)? else { return Ok(None) };
        let record = Record::load(entries, key)?;
        if record.is_unused(&digest(&credentials)) {
            tracing::debug!(layout = ?self.0, "stored credentials are left alone until they change");
            return Ok(None);
        }
        match record.binding_of(&credentials) {
            Some((binding, found)) if binding.is_of(key) => {
                let credentials = match found {
                    Match::All | Match::Part => credentials,
                    Match::RefreshTokenAlone => credentials.without_access_token(),
                };
                Ok(Some(binding.bind(credentials)))
            }
            Some((binding, _)) => {
                left("they are of another login", binding.endpoint());
                Ok(None)
            }
            // Another program's. It does not say whether its endpoint has TLS.
            None if may_be_sent(key.endpoint()) => Ok(Some(credentials.of_another_program())),
            None => {
                left("they may be those of its https:// endpoint", key.endpoint());
                Ok(None)
            }
        }
    }

    /// The binding goes first, and names each token, new and old: whatever interrupts this, what is stored is known to be
    /// of the old login, or of the new one, which may lack its access token then.
    fn write(&self, entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let (mut record, stored) = (Record::load(entries, key)?, self.0.read(entries, key)?);
        record.replace(Binding::new(key, credentials), stored.as_ref());
        record.save(entries, key)?;
        self.0.write(entries, key, credentials)
    }

    fn delete(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        self.0.delete(entries, key)?;
        let mut record = Record::load(entries, key)?;
        if record.forget(key) {
            record.save(entries, key)?;
        }
        Ok(())
    }

    fn leave(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<(String, Credentials)>, StoreError> {
        let Some(credentials) = self.0.read(entries, key)? else { return Ok(None) };
        let (mut record, digest) = (Record::load(entries, key)?, digest(&credentials));
        if !record.is_unused(&digest) {
            if self.read(entries, key)?.is_none() {
                return Ok(None);
            }
            record.add_unused(digest);
            record.save(entries, key)?;
        }
        Ok(Some((self.0.name(entries, key)?, credentials)))
    }
}

fn may_be_sent(endpoint: &str) -> bool {
    match endpoint.split_once("://") {
        Some(("http", authority)) => {
            let host = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
            is_loopback(host.map_or(authority, |(host, _)| host))
        }
        _ => true,
    }
}

fn left(why: &str, endpoint: &str) {
    warn_once("stored credentials are left alone", &format!("{why} ({endpoint})"));
}
