//! A place for notes alone: what logins are remembered by where nothing else of them is kept.

use std::path::PathBuf;

use super::{CredentialsStore, MemoryStore, StoreError, StoreKey, note_file, worker::Worker};
use crate::Credentials;

/// Notes in a directory, and for as long as this program runs in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    place: Place,
    memory: MemoryStore,
    worker: Worker,
}

#[derive(Debug, Clone, Default)]
enum Place {
    #[default]
    Memory,
    Directory(PathBuf),
    /// This user has no directory for files.
    Missing,
}

impl Notes {
    /// Until this program ends.
    pub(crate) fn in_memory() -> Self {
        Self::default()
    }

    pub(crate) fn in_directory(directory: PathBuf) -> Self {
        Self { place: Place::Directory(directory), ..Self::default() }
    }

    /// Where the programs of this user keep notes.
    pub(crate) fn of_user() -> Self {
        let place = note_file::directory_of_user().map_or(Place::Missing, Place::Directory);
        Self { place, ..Self::default() }
    }
}

/// Credentials are kept elsewhere, or nowhere.
impl CredentialsStore for Notes {
    async fn load(&self, _key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        Ok(None)
    }

    async fn save(&self, _key: &StoreKey, _credentials: &Credentials) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete(&self, _key: &StoreKey, _only_if: &Credentials) -> Result<(), StoreError> {
        Ok(())
    }

    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        let in_memory = self.memory.load_note(key).await?;
        let Place::Directory(directory) = self.place.clone() else { return Ok(in_memory) };
        let key = key.clone();
        match self.worker.run(move || note_file::read(&directory, &key)).await {
            Ok(None) => Ok(in_memory),
            Err(_) if in_memory.is_some() => Ok(in_memory),
            outcome => outcome,
        }
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        self.memory.save_note(key, note).await?;
        match self.place.clone() {
            Place::Memory => Ok(()),
            Place::Directory(directory) => {
                let (key, note) = (key.clone(), note.to_owned());
                self.worker.run(move || note_file::write(&directory, &key, &note)).await
            }
            Place::Missing => {
                let variable = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
                Err(StoreError::new(format!("this user has no directory for files; set the variable {variable}")))
            }
        }
    }
}
