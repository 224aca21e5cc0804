//! A session's snapshot of its store: errors become notices, and what others changed is told from what is old.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{clock::Moment, sync::timeout};
use crate::{
    AuthError, Credentials,
    credentials::Lifetime,
    limits::Limits,
    net::{header, warn_once::warn_once},
    store::{ErasedStore, StoreError, StoreKey, StoreLock},
};

/// A store, and the entry in it that is this session's.
pub(crate) struct Stored {
    store: Box<dyn ErasedStore>,
    key: StoreKey,
    limits: Arc<Limits>,
    /// What the entry held when this session last read or wrote it. Without this, an entry that could not be replaced
    /// would look as if another program had just written it.
    seen: Mutex<Option<Credentials>>,
}

impl Stored {
    pub(crate) fn new(store: Box<dyn ErasedStore>, key: StoreKey, limits: Arc<Limits>) -> Self {
        Self { store, key, limits, seen: Mutex::default() }
    }

    /// The right to refresh. `None` if there can be no lock.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::StoreLocked`](crate::AuthErrorKind::StoreLocked) if another program has it all the time: no reason to refresh all the same, which may
    /// revoke the login of both.
    pub(super) async fn lock(&self, bound: Duration) -> Result<Option<StoreLock>, AuthError> {
        match timeout(bound, self.store.lock(&self.key)).await {
            Ok(Ok(lock)) => Ok(Some(lock)),
            Ok(Err(error)) => {
                warn_once("stored credentials cannot be locked", &error);
                Ok(None)
            }
            Err(_) => Err(AuthError::store_locked(self.key.endpoint().to_owned(), bound)),
        }
    }

    /// What is stored, if it is news: not the `current` credentials, and written by somebody else since this session
    /// last looked. Without current credentials everything is.
    pub(super) async fn news(&self, current: Option<&Credentials>) -> Option<Credentials> {
        let stored = self.bounded(self.store.load(&self.key)).await.unwrap_or_else(|error| {
            warn_once("stored credentials cannot be read", &error);
            None
        })?;
        let is = |known: Option<&Credentials>| known.is_some_and(|known| known.same_tokens(&stored));
        let seen = self.see(stored.clone());
        (current.is_none() || !(is(current) || is(seen.as_ref()))).then_some(stored)
    }

    /// Whether the refresh token of these credentials is in the entry, as far as is known.
    pub(super) fn holds_refresh_token_of(&self, credentials: &Credentials) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.refresh_token().is_some() && seen.as_ref().is_some_and(|seen| seen.same_refresh_token(credentials))
    }

    /// Saves, with the end of the token's life in wall time.
    pub(super) async fn save(&self, credentials: &Credentials, now: &Moment) {
        let mut stored = credentials.clone().with_endpoint(self.key.endpoint());
        if let Some(ends_at) = ends_at(credentials, now, &self.limits) {
            stored = stored.with_expires_at(ends_at);
        }
        match self.bounded(self.store.save(&self.key, &stored)).await {
            Ok(()) => drop(self.see(stored)),
            Err(error) => warn_once("credentials cannot be stored", &error),
        }
    }

    /// Deletes the entry, if it is still this one.
    pub(super) async fn delete(&self, rejected: &Credentials) {
        if let Err(error) = self.bounded(self.store.delete(&self.key, rejected)).await {
            warn_once("stored credentials cannot be deleted", &error);
        }
    }

    /// Deletes the entry, whatever it is. Whether there was one.
    pub(super) async fn forget(&self) -> Result<bool, AuthError> {
        match self.bounded(self.store.load(&self.key)).await.map_err(AuthError::permanent)? {
            Some(stored) => {
                self.bounded(self.store.delete(&self.key, &stored)).await.map_err(AuthError::permanent)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let bound = self.limits.store_timeout;
        let late = |_| StoreError::new(format!("the store did not answer within {bound:?}"));
        timeout(bound, work).await.map_err(late)?
    }

    /// Returns what was seen before.
    fn see(&self, credentials: Credentials) -> Option<Credentials> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).replace(credentials)
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Whether the access token can be sent, and is worth it.
pub(super) fn is_usable(credentials: &Credentials, now: &Moment, limits: &Limits) -> bool {
    let lasts = ends_at(credentials, now, limits)
        .is_none_or(|end| end.duration_since(now.wall).is_ok_and(|left| left > limits.stored_token_margin));
    lasts && header::value(credentials, limits.max_token_bytes).is_ok()
}

fn ends_at(credentials: &Credentials, now: &Moment, limits: &Limits) -> Option<std::time::SystemTime> {
    match credentials.lifetime() {
        Lifetime::Unknown => None,
        Lifetime::Until(end) => Some(end),
        Lifetime::For { expires_in, requested_at } => {
            let age = requested_at.map(|at| now.monotonic.saturating_duration_since(at)).unwrap_or_default();
            Some(now.before(age).after(expires_in.min(limits.max_token_lifetime)).wall)
        }
    }
}
