//! Where credentials are kept between runs of a program.
//!
//! A store is handed to [`AuthenticatorBuilder::store`](crate::AuthenticatorBuilder::store) and used for flows whose
//! credentials are worth keeping ([`Flow::persistent`](crate::Flow::persistent)): the logins of people. What is stored
//! is read at the first call, saved before it is used, and deleted only when the provider refuses it or at a logout.
//!
//! | store | keeps credentials | shared with |
//! |---|---|---|
//! | [`MemoryStore`] | as long as the program runs | authenticators of this program |
//! | [`FileStore`] (feature `file-store`) | in a directory, one file per login | programs that name the same directory |
//! | [`KeyringStore`] (feature `keyring`) | in the operating system's keyring | programs of the same user |
//!
//! Programs that share a refresh token take turns: whoever finds the lock free reads what is stored, refreshes only if
//! nobody else has done so meanwhile, and saves. Providers that rotate refresh tokens revoke a whole login when an old
//! one is used again (RFC 9700 section 4.14.2), so this is more than politeness.
//!
//! # When a store fails
//!
//! A line in the log says why, and the program goes on without it: a login that cannot be saved holds for this program
//! alone, and one that cannot be read, or not locked, is not there. Then somebody logs in anew, and where nobody may be
//! asked, calls fail with that.

mod credentials_store;
#[cfg(feature = "_lock-file")]
pub(crate) mod entry;
mod error;
#[cfg(feature = "file-store")]
pub(crate) mod file;
#[cfg(feature = "_private-file")]
mod file_name;
mod key;
#[cfg(feature = "keyring")]
pub(crate) mod keyring;
mod lock;
#[cfg(feature = "_lock-file")]
mod lock_file;
mod logged_out;
mod memory;
#[cfg(feature = "_private-file")]
mod note_file;
#[cfg(feature = "oauth")]
mod notes;
#[cfg(feature = "_private-file")]
mod private_file;
#[cfg(feature = "_private-file")]
mod user_directory;
#[cfg(feature = "_private-file")]
mod worker;

pub(crate) use self::credentials_store::ErasedStore;
#[cfg(feature = "file-store")]
pub use self::file::FileStore;
#[cfg(feature = "keyring")]
pub use self::keyring::KeyringStore;
#[cfg(feature = "oauth")]
pub(crate) use self::notes::Notes;
pub use self::{
    credentials_store::CredentialsStore, error::StoreError, key::StoreKey, lock::StoreLock, logged_out::LoggedOut,
    memory::MemoryStore,
};
