//! The Secret Service of Linux and its relatives, with items as Python's `keyring` makes them: flytekit finds what is
//! written here, and replaces it instead of writing a second item of the same name.

use std::{collections::HashMap, future::Future};

use secret_service::{EncryptionType, Error, Item, SecretService};
use tokio::{
    runtime::{self, Runtime},
    time::{Instant, timeout_at},
};

use super::items::{Age, is_twin};
use crate::{
    limits,
    store::{
        StoreError,
        keyring::entries::{Entries, Keyring, LOCKED, Secret, UNAVAILABLE, text},
    },
};

/// What Python's `keyring` writes beside service and user name. With other attributes the item is another one.
const APPLICATION: (&str, &str) = ("application", "Python keyring library");

/// The keyring of this user's session.
#[derive(Debug, Clone, Copy)]
pub(in crate::store::keyring) struct SystemKeyring;

impl Keyring for SystemKeyring {
    /// The connection serves one piece of work. One that is kept would stay broken when the keyring is started anew.
    fn open(&self, work: &mut dyn FnMut(&dyn Entries)) -> Result<(), StoreError> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::with_source(UNAVAILABLE, error))?;
        let until = Instant::now() + limits::KEYRING_TIMEOUT;
        // A connection that is dropped needs it to say goodbye.
        let _context = runtime.enter();
        let service = bounded(&runtime, until, SecretService::connect(EncryptionType::Dh))?;
        work(&Session { service, runtime: &runtime, until });
        Ok(())
    }
}

/// A connection to the keyring.
struct Session<'a> {
    service: SecretService<'static>,
    runtime: &'a Runtime,
    until: Instant,
}

/// A keyring waits for ever for a person who is to unlock it. When the connection is closed it takes the question back.
fn bounded<T>(
    runtime: &Runtime,
    until: Instant,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, StoreError> {
    match runtime.block_on(async { timeout_at(until, work).await }) {
        Ok(outcome) => outcome.map_err(failed),
        Err(_) => Err(StoreError::new(format!(
            "the keyring did not answer within {:?}; unlock it, or use another store",
            limits::KEYRING_TIMEOUT
        ))),
    }
}

impl Session<'_> {
    fn bounded<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
        bounded(self.runtime, self.until, work)
    }

    /// The items of this service and user name, unlocked, the newest first. flytectl, flytekit and older versions of both
    /// differ in the attributes beside those two.
    async fn items(&self, service: &str, user: &str) -> Result<Vec<Item<'_>>, Error> {
        let found = self.service.search_items(HashMap::from([("service", service), ("username", user)])).await?;
        let items = match found.unlocked.is_empty() {
            false => found.unlocked,
            true if found.locked.is_empty() => return Ok(Vec::new()),
            true => {
                self.service.unlock_all(&found.locked.iter().collect::<Vec<_>>()).await?;
                found.locked
            }
        };
        let mut aged = Vec::with_capacity(items.len());
        for item in items {
            let age = Age::new(item.get_modified().await?, item.get_created().await?, item.item_path.as_str());
            aged.push((age, item));
        }
        aged.sort_by(|(one, _), (other, _)| other.cmp(one));
        Ok(aged.into_iter().map(|(_, item)| item).collect())
    }

    async fn replace(&self, newest: &Item<'_>, twins: &[Item<'_>], secret: &str) -> Result<(), Error> {
        newest.ensure_unlocked().await?;
        newest.set_secret(secret.as_bytes(), CONTENT_TYPE).await?;
        let attributes = newest.get_attributes().await?;
        if attributes.get(APPLICATION.0).is_none_or(|application| application != APPLICATION.1) {
            let mut attributes: HashMap<&str, &str> =
                attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
            attributes.insert(APPLICATION.0, APPLICATION.1);
            if let Err(error) = newest.set_attributes(attributes).await {
                tracing::debug!(%error, "the keyring's item has the attributes that it had");
            }
        }
        for twin in twins {
            if is_twin(&twin.get_attributes().await?) {
                twin.delete().await?;
            }
        }
        Ok(())
    }

    async fn create(&self, service: &str, user: &str, secret: &str) -> Result<(), Error> {
        let collection = self.service.get_default_collection().await?;
        if collection.is_locked().await? {
            collection.unlock().await?;
            collection.ensure_unlocked().await?;
        }
        let attributes = HashMap::from([("service", service), ("username", user), APPLICATION]);
        let label = format!("Password for '{user}' on '{service}'");
        collection.create_item(&label, attributes, secret.as_bytes(), true, CONTENT_TYPE).await?;
        Ok(())
    }
}

/// As Python's `keyring` says.
const CONTENT_TYPE: &str = "text/plain";

impl Entries for Session<'_> {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        let secret = self.bounded(async {
            match self.items(service, user).await?.first() {
                Some(newest) => newest.get_secret().await.map(Some),
                None => Ok(None),
            }
        })?;
        Ok(secret.and_then(|secret| text(service, user, secret)))
    }

    /// The newest item is updated in place. The others of the same name are removed: each program that finds two reads
    /// another one.
    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError> {
        self.bounded(async {
            match self.items(service, user).await?.split_first() {
                Some((newest, twins)) => self.replace(newest, twins, secret).await,
                None => self.create(service, user, secret).await,
            }
        })
    }

    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError> {
        self.bounded(async {
            for item in self.items(service, user).await? {
                item.delete().await?;
            }
            Ok(())
        })
    }

    #[cfg(feature = "flyte")]
    fn check(&self) -> Result<(), StoreError> {
        self.bounded(self.service.get_default_collection()).map(drop)
    }
}

fn failed(error: Error) -> StoreError {
    match error {
        Error::Locked | Error::Prompt | Error::PromptDisconnected => StoreError::with_source(LOCKED, error),
        Error::NoResult => {
            StoreError::new("the keyring has no collection to keep anything in; make one, or use another store")
        }
        error => StoreError::with_source(UNAVAILABLE, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_a_keyring_says_what_to_do() {
        for (error, advice) in [
            (Error::Locked, "the keyring is locked; unlock it"),
            (Error::Prompt, "the keyring is locked; unlock it"),
            (Error::NoResult, "has no collection to keep anything in; make one"),
            (Error::Unavailable, "there is no keyring that can be used; start one"),
            (Error::Crypto("odd"), "there is no keyring that can be used; start one"),
        ] {
            let said = failed(error).to_string();
            assert!(said.contains(advice), "{said}");
        }
    }
}
