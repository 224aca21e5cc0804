//! The trait of all stores.

use std::{future::Future, pin::Pin};

use super::{LoggedOut, StoreError, StoreKey, StoreLock};
use crate::Credentials;

/// Keeps credentials between runs of a program.
///
/// The methods run on the session's own task, never on that of a call. A failure is logged once and the login goes on
/// without the store: see [the module](super#when-a-store-fails).
///
/// # Cancel safety
///
/// The futures of all methods are dropped when their time is over: of [`lock`](Self::lock) that is the caller's, of the
/// others [`Limits::with_store_timeout`](crate::limits::Limits::with_store_timeout). All but
/// [`save`](Self::save) may be dropped sooner, by a logout or with the last authenticator. An entry may be replaced or not
/// then, but never half.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use auth_runtime::{Credentials, store::{CredentialsStore, StoreError, StoreKey}};
///
/// #[derive(Default)]
/// struct Database(Mutex<HashMap<StoreKey, Credentials>>);
///
/// impl CredentialsStore for Database {
///     async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
///         let rows = self.0.lock().map_err(|_| StoreError::new("the database is gone; restart it"))?;
///         Ok(rows.get(key).cloned())
///     }
///
///     async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
///         let mut rows = self.0.lock().map_err(|_| StoreError::new("the database is gone; restart it"))?;
///         rows.insert(key.clone(), credentials.clone());
///         Ok(())
///     }
///
///     async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
///         let mut rows = self.0.lock().map_err(|_| StoreError::new("the database is gone; restart it"))?;
///         if rows.get(key).is_some_and(|row| row.same_tokens(only_if)) {
///             rows.remove(key);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait CredentialsStore: Send + Sync + 'static {
    /// What is stored, expired or not. An entry that cannot be understood counts as none.
    ///
    /// # Errors
    ///
    /// If the store cannot be read; "nothing there" is no error.
    fn load(&self, key: &StoreKey) -> impl Future<Output = Result<Option<Credentials>, StoreError>> + Send;

    /// Replaces what is stored, all or nothing: whatever interrupts it, the old entry or the new one can be read
    /// afterwards. The end of the access token's life is given in wall time
    /// ([`Credentials::expires_at`]).
    ///
    /// # Errors
    ///
    /// If the store cannot be written to.
    fn save(&self, key: &StoreKey, credentials: &Credentials) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes what is stored if its tokens are still those of `only_if` ([`Credentials::same_tokens`]): another
    /// program may have logged in since.
    ///
    /// # Errors
    ///
    /// If the store cannot be written to; "nothing there" is no error.
    fn delete(&self, key: &StoreKey, only_if: &Credentials) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the login: deletes what this store writes, whoever wrote last. What belongs to other programs is left and
    /// named; [`load`](Self::load) does not bring it until it has changed. By default everything is deleted.
    ///
    /// # Errors
    ///
    /// If the store cannot be read or written to; "nothing there" is no error.
    fn log_out(&self, key: &StoreKey) -> impl Future<Output = Result<LoggedOut, StoreError>> + Send {
        async {
            let Some(stored) = self.load(key).await? else { return Ok(LoggedOut::new(false)) };
            self.delete(key, &stored).await?;
            Ok(LoggedOut::new(true))
        }
    }

    /// The note that is kept under this key: what sessions remember beside credentials. It says whom the last login was
    /// with, or that it was declined, and holds no secret. By default nothing is kept: each session begins without.
    ///
    /// # Errors
    ///
    /// If the store cannot be read; "nothing there" is no error.
    fn load_note(&self, key: &StoreKey) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        let _ = key;
        async { Ok(None) }
    }

    /// Replaces a note, all or nothing. An empty one means that there is to be none.
    ///
    /// # Errors
    ///
    /// If the store cannot be written to.
    fn save_note(&self, key: &StoreKey, note: &str) -> impl Future<Output = Result<(), StoreError>> + Send {
        let _ = (key, note);
        async { Ok(()) }
    }

    /// Whether notes are there in the next run of the program. Where they are not, an authenticator keeps the one about the
    /// provider of a person's login [in files of its own](crate::AuthenticatorBuilder::provider_notes_in). `false` by
    /// default.
    fn keeps_notes(&self) -> bool {
        false
    }

    /// Waits for the right to refresh what is stored, among all programs that use the same store. It is given back
    /// when the [`StoreLock`] is dropped, and by the system when the program dies.
    ///
    /// The wait is bounded by the caller, who drops the future then. By default nobody else uses the store.
    ///
    /// # Errors
    ///
    /// If there can be no lock, now or later; that somebody else has it is no error.
    fn lock(&self, key: &StoreKey) -> impl Future<Output = Result<StoreLock, StoreError>> + Send {
        let _ = key;
        async { Ok(StoreLock::unshared()) }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`CredentialsStore`] without its type.
pub(crate) trait ErasedStore: Send + Sync {
    fn load<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, Option<Credentials>>;

    fn save<'a>(&'a self, key: &'a StoreKey, credentials: &'a Credentials) -> Boxed<'a, ()>;

    fn delete<'a>(&'a self, key: &'a StoreKey, only_if: &'a Credentials) -> Boxed<'a, ()>;

    fn log_out<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, LoggedOut>;

    fn load_note<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, Option<String>>;

    fn save_note<'a>(&'a self, key: &'a StoreKey, note: &'a str) -> Boxed<'a, ()>;

    #[cfg_attr(not(feature = "oauth"), allow(dead_code, reason = "no provider is remembered"))]
    fn keeps_notes(&self) -> bool;

    fn lock<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, StoreLock>;
}

impl<S: CredentialsStore> ErasedStore for S {
    fn load<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, Option<Credentials>> {
        Box::pin(CredentialsStore::load(self, key))
    }

    fn save<'a>(&'a self, key: &'a StoreKey, credentials: &'a Credentials) -> Boxed<'a, ()> {
        Box::pin(CredentialsStore::save(self, key, credentials))
    }

    fn delete<'a>(&'a self, key: &'a StoreKey, only_if: &'a Credentials) -> Boxed<'a, ()> {
        Box::pin(CredentialsStore::delete(self, key, only_if))
    }

    fn log_out<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, LoggedOut> {
        Box::pin(CredentialsStore::log_out(self, key))
    }

    fn load_note<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, Option<String>> {
        Box::pin(CredentialsStore::load_note(self, key))
    }

    fn save_note<'a>(&'a self, key: &'a StoreKey, note: &'a str) -> Boxed<'a, ()> {
        Box::pin(CredentialsStore::save_note(self, key, note))
    }

    fn keeps_notes(&self) -> bool {
        CredentialsStore::keeps_notes(self)
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> Boxed<'a, StoreLock> {
        Box::pin(CredentialsStore::lock(self, key))
    }
}
