//! What runs a session: the task of a refresh, those who wait for it, and where credentials come from.
//!
//! A call takes the lock for a moment, has `core` decide, and begins or joins a refresh under that same lock (`begin`).
//! The refresh is a task of its own (`run`), so that a caller who gives up cancels nothing that others wait for
//! (`waiting`). When it ends it takes the lock once more, and tells those who wait (`completion`).

mod announcement;
mod begin;
mod completion;
mod left_behind;
mod logout;
mod refresh;
mod refresh_task;
mod revoked;
mod run;
mod session_store;
mod shared;
mod source;
mod waiting;

#[cfg(all(test, not(shuttle)))]
mod tests;

pub(super) use self::shared::Shared;
pub(crate) use self::{revoked::RevokedRefreshTokens, session_store::SessionStore, source::CredentialSource};
