//! The keyring as one of the places: whether it can be used, and what happens when it cannot be any more.

use super::LoginStore;
use crate::store::StoreError;

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
async fn check(keyring: &Keyring) -> Result<(), StoreError> {
    keyring.check().await
}

#[cfg(not(feature = "keyring"))]
async fn check(_keyring: &Keyring) -> Result<(), StoreError> {
    Ok(())
}

impl LoginStore {
    /// The keyring, if this machine has one that has not failed a moment ago. Whether there is one is asked once.
    pub(super) async fn usable_keyring(&self) -> Option<&Keyring> {
        let keyring = self.keyring.as_ref().filter(|_| self.state.keyring_failure().is_none())?;
        let ask = || async {
            match check(keyring).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(%error, "the keyring is left out");
                    self.state.no_keyring(format!("{error:#}"));
                    false
                }
            }
        };
        self.state.usable.get_or_init(ask).await.then_some(keyring)
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
            self.store.state.keyring_failed("the keyring did not answer".to_owned());
        }
    }
}
