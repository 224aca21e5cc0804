//! A session's view of its store: errors become warnings, what others changed is told from what is old, and a logout
//! from a login.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    super::{
        core::{EndedLogin, Moment, expires_at},
        sync::{on_a_runtime, timeout},
    },
    left_behind::LeftBehind,
};
use crate::{
    AuthError, Credentials,
    limits::Limits,
    net::warn_once::warn_once,
    store::{ErasedStore, StoreError, StoreKey, StoreLock},
};

/// A store, and the entry in it that is this session's.
pub(crate) struct SessionStore {
    store: Arc<dyn ErasedStore>,
    key: StoreKey,
    limits: Arc<Limits>,
    memory: Mutex<Memory>,
    /// Who changes the entry does so alone: what is being saved and what is being deleted do not overtake each other.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    /// What the entry held when this session last read or wrote it. Without this, an entry that could not be replaced
    /// would look as if another program had just written it.
    seen: Option<Credentials>,
    /// What was left when somebody logged out: not used until it changes or somebody logs in by hand.
    left_behind: LeftBehind,
    login: LoginEpoch,
    /// How many logouts are under way.
    logouts: u32,
}

/// How often somebody has logged out: a login saves nothing once somebody has logged out since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LoginEpoch(u64);

/// What a look into the store shows.
pub(super) enum Entry {
    /// Credentials that this session does not know.
    News(Credentials),
    /// Nothing new, or nothing that could be read.
    Known,
    /// Nothing where there was something: another program has logged out.
    Gone,
}

/// What of a login was stored.
#[derive(Default)]
pub(super) struct Deleted {
    pub(super) entry: Option<Credentials>,
    /// What is not ended: it is another program's, whether or not it is still there.
    pub(super) left: Vec<Credentials>,
}

impl SessionStore {
    pub(crate) fn new(store: Arc<dyn ErasedStore>, key: StoreKey, limits: Arc<Limits>) -> Self {
        Self { store, key, limits, memory: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    pub(super) fn login_epoch(&self) -> LoginEpoch {
        self.memory().login
    }

    /// The right to refresh, or why there can be no lock.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::StoreLocked`](crate::AuthErrorKind::StoreLocked) if another program has it all the time: no
    /// reason to refresh all the same, which may revoke the login of both.
    pub(super) async fn lock(&self, bound: Duration) -> Result<Result<StoreLock, StoreError>, AuthError> {
        match timeout(bound, self.store.lock(&self.key)).await {
            Ok(Ok(lock)) => Ok(Ok(lock)),
            Ok(Err(error)) => {
                warn_once("stored credentials cannot be locked", &error);
                Ok(Err(error))
            }
            Err(_) => Err(AuthError::store_locked(self.key.endpoint().to_owned(), bound)),
        }
    }

    /// What is stored, if it is news: not the `current` credentials, and written by somebody else since this session
    /// last looked. Without current credentials everything is, but for what a logout has left behind.
    pub(super) async fn look(&self, current: Option<&Credentials>) -> Entry {
        let loaded = self.bounded(self.store.load(&self.key)).await;
        let mut memory = self.memory();
        let stored = match loaded {
            Ok(Some(stored)) => stored,
            Ok(None) if memory.seen.take().is_some() => return Entry::Gone,
            Ok(None) => return Entry::Known,
            Err(error) => {
                drop(memory);
                warn_once("stored credentials cannot be read", &error);
                return Entry::Known;
            }
        };
        if memory.logouts > 0 || memory.left_behind.holds(&stored) {
            return Entry::Known;
        }
        let is = |known: Option<&Credentials>| known.is_some_and(|known| known.same_tokens(&stored));
        let known = current.is_some() && (is(current) || is(memory.seen.as_ref()));
        memory.seen = Some(stored.clone());
        if known { Entry::Known } else { Entry::News(stored) }
    }

    /// What is stored, but for what a logout has left behind.
    pub(in crate::session) async fn stored(&self) -> Result<Option<Credentials>, AuthError> {
        let stored = self.bounded(self.store.load(&self.key)).await.map_err(AuthError::permanent)?;
        let memory = self.memory();
        Ok(stored.filter(|stored| !memory.left_behind.holds(stored)))
    }

    /// What keeps people from being asked, if anything does: another program asked a moment ago, in vain.
    pub(super) async fn ended_login(&self, now: &Moment) -> Option<String> {
        match self.bounded(self.store.load_note(&self.key)).await {
            Ok(note) => EndedLogin::read(&note?)?.stands(now, self.limits.person_pause),
            Err(error) => {
                warn_once("it is not known when a login was asked for last", &error);
                None
            }
        }
    }

    /// A login that a person was asked for has ended so; `None` for one that succeeded, or that is to be begun anew.
    pub(super) async fn note_end(&self, ended: Option<EndedLogin>) {
        let note = ended.map(|ended| ended.note()).unwrap_or_default();
        if let Err(error) = self.bounded(self.store.save_note(&self.key, &note)).await {
            warn_once("it is not remembered that a login was asked for", &error);
        }
    }

    /// Somebody logs in by hand: what a logout left behind may be used again.
    pub(super) fn use_what_is_left(&self) {
        self.memory().left_behind = LeftBehind::default();
    }

    /// Whether the refresh token of these credentials is in the entry, as far as is known.
    pub(super) fn holds_refresh_token_of(&self, credentials: &Credentials) -> bool {
        let holds = |seen: &Credentials| seen.same_refresh_token(credentials);
        credentials.refresh_token().is_some() && self.memory().seen.as_ref().is_some_and(holds)
    }

    /// Saves, with the token's expiry in wall time, unless somebody has logged out since the login began.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where they are not stored, and should be.
    pub(super) async fn save(
        &self,
        credentials: &Credentials,
        now: &Moment,
        login: LoginEpoch,
    ) -> Result<(), StoreError> {
        let mut stored = credentials.clone().with_endpoint(self.key.endpoint());
        if let Some(expires_at) = expires_at(credentials, now, &self.limits) {
            stored = stored.with_expires_at(expires_at);
        }
        let _turn = self.turn.lock().await;
        if self.login_epoch() != login {
            return Ok(());
        }
        let saved = self.bounded(self.store.save(&self.key, &stored)).await;
        match &saved {
            Ok(()) => self.memory().seen = Some(stored),
            Err(error) => warn_once("credentials cannot be stored", error),
        }
        saved
    }

    /// Deletes the entry, if it is still this one.
    pub(super) async fn delete(&self, refused: &Credentials) {
        let _turn = self.turn.lock().await;
        if let Err(error) = self.bounded(self.store.delete(&self.key, refused)).await {
            warn_once("stored credentials cannot be deleted", &error);
        }
    }

    /// Somebody logs out: no login that has begun saves anything from now on, and none uses what is stored until the
    /// logout is over.
    pub(super) fn begin_logout(&self) {
        let mut memory = self.memory();
        memory.login.0 += 1;
        memory.logouts += 1;
    }

    /// Ends the logout that has begun: deletes the entry, whatever it is.
    pub(super) async fn log_out(&self) -> Result<Deleted, AuthError> {
        let _logout = Logout(self);
        {
            // Should the store not answer: what it holds is not to be used once it does.
            let mut memory = self.memory();
            let seen = memory.seen.clone();
            memory.left_behind.add(seen);
        }
        if !on_a_runtime() {
            return Err(AuthError::no_runtime("a logout from the store"));
        }
        // Another program that refreshes the entry would write it anew.
        let _lock = timeout(self.limits.logout_lock_timeout, self.store.lock(&self.key)).await;
        let _turn = self.turn.lock().await;
        let load = || async { self.bounded(self.store.load(&self.key)).await.map_err(AuthError::permanent) };
        let stored = load().await?;
        self.memory().left_behind.add(stored.clone());
        let outcome = self.bounded(self.store.log_out(&self.key)).await.map_err(AuthError::permanent)?;
        for name in outcome.left() {
            warn_once("a logout leaves the login of another program where it is", &name);
        }
        self.memory().seen = None;
        // Behind the entry there may be that of another program.
        let behind = load().await?;
        // What another program wrote is deleted with the entry. Its login goes on.
        let another_programs = stored.clone().filter(Credentials::is_another_programs);
        let left: Vec<_> = outcome.left_credentials().cloned().chain(behind).chain(another_programs).collect();
        self.memory().left_behind.add(left.iter().cloned());
        Ok(Deleted { entry: stored.filter(|_| outcome.was_stored()), left })
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let bound = self.limits.store_timeout;
        let late = |_| StoreError::new(format!("the store did not answer within {bound:?}"));
        timeout(bound, work).await.map_err(late)?
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A logout under way, also if nobody waits for its end.
struct Logout<'a>(&'a SessionStore);

impl Drop for Logout<'_> {
    fn drop(&mut self) {
        let mut memory = self.0.memory();
        memory.logouts = memory.logouts.saturating_sub(1);
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStore").field("key", &self.key).finish_non_exhaustive()
    }
}
