//! The keyring as one of the places: whether it can be used, and what happens when it cannot be any more.

use tokio::runtime::Handle;

use super::{LoginStore, state::Checking};
use crate::{limits, store::StoreError};

#[cfg(feature = "keyring")]
pub(super) type Keyring = crate::flyte::SharedKeyring;

/// Without the feature there never is one.
#[cfg(not(feature = "keyring"))]
pub(super) type Keyring = crate::store::MemoryStore;

#[cfg(feature = "keyring")]
#[allow(clippy::unnecessary_wraps, reason = "without the feature there is none")]
pub(super) fn of_this_user() -> Option<Keyring> {
    Some(Keyring::new())
}

#[cfg(not(feature = "keyring"))]
pub(super) fn of_this_user() -> Option<Keyring> {
    None
}

#[cfg(feature = "keyring")]
async fn check(keyring: &Keyring, checking: Checking) -> Result<(), StoreError> {
    keyring.check(move |outcome| checking.ends(outcome)).await
}

#[cfg(not(feature = "keyring"))]
async fn check(_keyring: &Keyring, checking: Checking) -> Result<(), StoreError> {
    checking.ends(&Ok(()));
    Ok(())
}

#[cfg(feature = "keyring")]
fn is_busy(keyring: &Keyring) -> bool {
    keyring.is_busy()
}

#[cfg(not(feature = "keyring"))]
fn is_busy(_keyring: &Keyring) -> bool {
    false
}

impl LoginStore {
    /// The keyring, if this machine has one that has not failed a moment ago.
    ///
    /// Whether there is one is asked once. Where the question has no response in time, other places are used until it has
    /// one.
    pub(super) async fn usable_keyring(&self) -> Option<&Keyring> {
        let keyring = self.keyring.as_ref().filter(|_| self.keyring_failure().is_none())?;
        if let Some(is_usable) = self.state.is_keyring_usable() {
            return is_usable.then_some(keyring);
        }
        let mut attempt = Attempt { store: self, ended: false };
        let is_usable = match Handle::try_current() {
            Ok(_) => tokio::time::timeout(limits::KEYRING_TIMEOUT, self.checked(keyring)).await.ok()?,
            // There are no timers.
            Err(_) => self.checked(keyring).await,
        };
        attempt.ended = true;
        is_usable.then_some(keyring)
    }

    /// Waits for the check, and begins it if nobody has.
    async fn checked(&self, keyring: &Keyring) -> bool {
        loop {
            if let Some(checking) = self.state.begin_check()
                && let Err(error) = check(keyring, checking).await
            {
                tracing::debug!("the keyring is left out: {error:#}");
            }
            if let Some(is_usable) = self.state.end_of_check().await {
                return is_usable;
            }
        }
    }

    /// Why the keyring is not asked at the moment. One that still has not answered a question that was given up is not
    /// asked another one.
    pub(super) fn keyring_failure(&self) -> Option<StoreError> {
        self.state.keyring_failure(self.keyring.as_ref().is_some_and(is_busy))
    }

    /// Does something with the keyring. One that fails, or does not answer while somebody waits for it, is not asked again
    /// for some minutes: it may ask a person each time.
    pub(super) async fn ask<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let mut attempt = Attempt { store: self, ended: false };
        let outcome = work.await;
        attempt.ended = true;
        if let Err(error) = &outcome {
            self.state.keyring_failed(format!("{error:#}"));
        }
        outcome
    }
}

/// A question to the keyring. Dropped before it ended, it counts as a failure.
struct Attempt<'a> {
    store: &'a LoginStore,
    ended: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.store.state.keyring_did_not_answer();
        }
    }
}
