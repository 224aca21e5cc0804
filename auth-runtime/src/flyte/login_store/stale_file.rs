//! A file that could not be removed although its login is in the keyring by now: what it holds has been replaced, and is not
//! to win over what replaced it.

use super::LoginStore;
#[cfg(feature = "keyring")]
use crate::store::CredentialsStore as _;
use crate::{
    Credentials,
    store::{StoreError, StoreKey},
};

impl LoginStore {
    /// What is in a file, unless it stayed behind there. A keyring that cannot be asked makes nothing stale.
    pub(super) async fn unless_stale(&self, key: &StoreKey, in_file: Credentials) -> Option<Credentials> {
        let is_stale = match self.usable_keyring().await {
            Some(keyring) => self.ask(is_retired(keyring, key, &in_file)).await.unwrap_or(false),
            None => false,
        };
        (!is_stale).then_some(in_file)
    }

    /// The login of a file that cannot be removed, because of `error`, is over or in the keyring.
    #[cfg(feature = "keyring")]
    pub(super) async fn retire_file(&self, key: &StoreKey, error: &StoreError) {
        tracing::warn!("a login that is not used any more stays in a file: {error:#}");
        if let Some(files) = &self.files
            && let Some(keyring) = self.usable_keyring().await
            && let Ok(Some(in_file)) = files.load(key).await
            && let Err(error) = self.ask(keyring.retire(key, &in_file)).await
        {
            tracing::warn!("it may be taken for the newest: {error:#}");
        }
    }

    #[cfg(not(feature = "keyring"))]
    #[allow(clippy::unused_async, reason = "with the feature it waits for the keyring")]
    pub(super) async fn retire_file(&self, _key: &StoreKey, error: &StoreError) {
        tracing::warn!("a login that is not used any more stays in a file: {error:#}");
    }
}

#[cfg(feature = "keyring")]
async fn is_retired(keyring: &super::Keyring, key: &StoreKey, credentials: &Credentials) -> Result<bool, StoreError> {
    keyring.is_retired(key, credentials).await
}

#[cfg(not(feature = "keyring"))]
#[allow(clippy::unused_async, reason = "with the feature it waits for the keyring")]
async fn is_retired(_: &super::Keyring, _: &StoreKey, _: &Credentials) -> Result<bool, StoreError> {
    Ok(false)
}
