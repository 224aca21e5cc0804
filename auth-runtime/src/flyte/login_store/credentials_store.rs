//! The places, as one store.

use super::LoginStore;
use crate::{
    Credentials,
    store::{CredentialsStore, FileStore, LoggedOut, StoreError, StoreKey, StoreLock},
};

impl CredentialsStore for LoginStore {
    /// Memory and files hold only what the keyring could not take, so what they have is the newer.
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        if let Some(found) = self.memory.load(key).await? {
            return Ok(Some(found));
        }
        let from_files = match &self.files {
            Some(files) => match files.load(key).await {
                Ok(Some(found)) => match self.unless_stale(key, found).await {
                    Some(found) => return Ok(Some(found)),
                    None => Ok(None),
                },
                nothing => nothing,
            },
            None => Ok(None),
        };
        match (self.usable_keyring().await, self.keyring_failure()) {
            (Some(keyring), _) => match self.ask(keyring.load(key)).await? {
                Some(found) => Ok(Some(found)),
                None => from_files,
            },
            // It may hold a login: that is not the same as none.
            (None, Some(failure)) if self.keyring.is_some() => Err(failure),
            (None, _) => from_files,
        }
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        if let Some(keyring) = self.usable_keyring().await
            && self.ask(keyring.save(key, credentials)).await.is_ok()
        {
            self.forget_outside_keyring(key).await;
            return Ok(());
        }
        let failure = match &self.files {
            Some(files) => match self.save_in_files(files, key, credentials).await {
                Ok(()) => return Ok(()),
                Err(error) => format!("{error:#}"),
            },
            None => self.state.why_no_keyring().unwrap_or_else(|| "no other place is left by the settings".to_owned()),
        };
        let is_new = self.memory.load(key).await?.is_none();
        self.memory.save(key, credentials).await?;
        if is_new {
            self.report_memory(&failure);
        }
        Ok(())
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        self.memory.delete(key, only_if).await?;
        let from_files = match &self.files {
            Some(files) => files.delete(key, only_if).await,
            None => Ok(()),
        };
        if let Some(keyring) = self.usable_keyring().await {
            self.ask(keyring.delete(key, only_if)).await?;
        }
        if let Err(error) = &from_files {
            self.retire_file(key, error).await;
        }
        from_files
    }

    /// Ends the login in all places: whichever has none does not keep the others from being emptied.
    async fn log_out(&self, key: &StoreKey) -> Result<LoggedOut, StoreError> {
        let mut was_stored = self.memory.log_out(key).await?.was_stored();
        let from_files = match &self.files {
            Some(files) => files.log_out(key).await,
            None => Ok(LoggedOut::new(false)),
        };
        let from_keyring = match (self.usable_keyring().await, self.keyring_failure()) {
            (Some(keyring), _) => self.ask(keyring.log_out(key)).await,
            (None, Some(failure)) if self.keyring.is_some() => Err(failure),
            (None, _) => Ok(LoggedOut::new(false)),
        };
        if let Err(error) = &from_files {
            self.retire_file(key, error).await;
        }
        let (from_files, from_keyring) = (from_files?, from_keyring?);
        was_stored |= from_files.was_stored() | from_keyring.was_stored();
        self.state.left(from_keyring.left());
        Ok(from_keyring.or_stored(was_stored))
    }

    /// Notes are no secrets: they are kept in files wherever the login is, and in memory where it is there alone.
    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        match (&self.files, &self.keyring) {
            (Some(files), _) => files.load_note(key).await,
            (None, Some(keyring)) if keyring.keeps_notes() => keyring.load_note(key).await,
            (None, _) => self.memory.load_note(key).await,
        }
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        match (&self.files, &self.keyring) {
            (Some(files), _) => files.save_note(key, note).await,
            (None, Some(keyring)) if keyring.keeps_notes() => keyring.save_note(key, note).await,
            (None, _) => self.memory.save_note(key, note).await,
        }
    }

    fn keeps_notes(&self) -> bool {
        self.files.is_some() || self.keyring.as_ref().is_some_and(CredentialsStore::keeps_notes)
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        let keyring = match self.usable_keyring().await {
            Some(keyring) => Some(keyring.lock(key).await?),
            None => None,
        };
        let files = match &self.files {
            // Whoever has no keyring uses the same file.
            Some(files) if self.is_in_files(files, key).await => Some(files.lock(key).await?),
            // Nobody else can use what cannot be written.
            Some(files) if keyring.is_none() => files.lock(key).await.ok(),
            _ => None,
        };
        Ok(StoreLock::holding((keyring, files)))
    }
}

impl LoginStore {
    async fn is_in_files(&self, files: &FileStore, key: &StoreKey) -> bool {
        matches!(files.load(key).await, Ok(Some(_)))
    }

    async fn save_in_files(
        &self,
        files: &FileStore,
        key: &StoreKey,
        credentials: &Credentials,
    ) -> Result<(), StoreError> {
        let is_new = !self.is_in_files(files, key).await;
        files.save(key, credentials).await?;
        let _ = self.memory.log_out(key).await;
        self.state.kept_beyond_memory();
        if is_new {
            self.report_files(files.directory());
        }
        Ok(())
    }

    /// What stayed there would be read first.
    async fn forget_outside_keyring(&self, key: &StoreKey) {
        let _ = self.memory.log_out(key).await;
        self.state.kept_beyond_memory();
        if let Some(files) = &self.files
            && let Err(error) = files.log_out(key).await
        {
            self.retire_file(key, &error).await;
        }
    }
}
