//! One session: the credentials that all calls, clients and clones of an authenticator share.
//!
//! `core` decides, and is pure. `driver` does what was decided: it runs the refresh and lets calls wait for it. A call
//! with a good token reads the snapshot, without a lock. `tests/model/run` tries all of that in many orders.

mod clock;
mod core;
mod driver;
#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod statistics;
mod sync;

use std::{fmt, sync::Arc};

pub(crate) use self::{
    clock::Clock,
    core::Token,
    driver::{CredentialSource, RevokedRefreshTokens, SessionStore},
};
use self::{core::State, driver::Shared};
pub use self::{core::refresh_window, statistics::Statistics};
use crate::{AuthError, Credentials};

/// What a call is to send.
#[derive(Debug, Clone)]
pub(crate) enum Attachment {
    /// These credentials.
    Token(Arc<Token>),
    /// None: nobody knows yet whether the server wants any.
    Anonymous,
}

/// What a call is to do after its credentials were rejected and a refresh was waited for.
#[derive(Debug)]
pub(crate) enum AfterRejection {
    /// Send it again with these.
    Replay(Arc<Token>),
    /// Nothing better is to be had: the server's response stands.
    Stands,
    /// Nothing better is to be had, because of this. If that is transient, nobody said that the caller may not;
    /// otherwise the server's response stands, with this as its source.
    Failed(AuthError),
}

/// Dropping the session ends its background work.
pub(crate) struct Session {
    shared: Arc<Shared>,
}

impl Session {
    pub(crate) fn new(
        source: CredentialSource,
        clock: Clock,
        initial: Option<Credentials>,
        login_first: bool,
    ) -> Result<Self, AuthError> {
        let unread = source.has_store() && initial.is_none();
        let mut state = State::new(login_first, unread, Arc::clone(&source.limits));
        if let Some(credentials) = initial {
            let now = clock.now();
            let key = source.header_key(&credentials).to_owned();
            let token = Token::new(credentials, &key, &now, &now, &source.limits, fastrand::f64())?;
            state = state.with_initial(token);
        }
        Ok(Self { shared: Shared::new(state, source, clock) })
    }

    #[cfg(feature = "_http")]
    pub(crate) fn source(&self) -> &CredentialSource {
        &self.shared.source
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.shared.counters.read()
    }

    /// The current credentials, rejected or not, without asking anybody.
    pub(crate) fn current(&self) -> Option<Credentials> {
        self.shared.snapshot.load().current.as_ref().map(|token| token.credentials.clone())
    }

    /// What a call may send right now without waiting: no lock, no I/O. `None` if it has to wait, or to begin
    /// something: see [`attachment`](Self::attachment).
    pub(crate) fn ready_attachment(&self) -> Option<Attachment> {
        let snapshot = self.shared.snapshot.load();
        match snapshot.usable() {
            Some(token) => token.is_fresh(|| self.shared.clock.now()).then(|| Attachment::Token(Arc::clone(token))),
            None => (snapshot.anonymous_allowed && snapshot.current.is_none()).then_some(Attachment::Anonymous),
        }
    }

    /// What is there and can be sent right now: nothing is begun and nothing waited for. Without credentials only where
    /// the server is known to want none, or nobody could ever get any.
    pub(crate) fn no_login_attachment(&self) -> Option<Attachment> {
        let snapshot = self.shared.snapshot.load();
        match snapshot.usable() {
            Some(token) => token.is_valid(|| self.shared.clock.now()).then(|| Attachment::Token(Arc::clone(token))),
            None => {
                let enough = snapshot.anonymous_accepted || !self.shared.source.has_flow();
                (enough && !self.expects_credentials()).then_some(Attachment::Anonymous)
            }
        }
    }

    /// Whether it is known that the server wants credentials.
    pub(crate) fn expects_credentials(&self) -> bool {
        let snapshot = self.shared.snapshot.load();
        snapshot.credentials_expected || snapshot.current.is_some()
    }

    /// The server accepted a call without credentials.
    pub(crate) fn anonymous_accepted(&self) {
        let snapshot = self.shared.snapshot.load();
        if !snapshot.anonymous_accepted && !snapshot.credentials_expected {
            self.shared.change(|locked| locked.state.anonymous_accepted());
        }
    }

    /// A call goes out for the second time.
    pub(crate) fn replaying(&self) {
        self.shared.counters.replayed();
    }

    /// The response to a replay is known.
    pub(crate) fn replayed(&self, generation: u64, method: &str, rejected: bool) {
        let now = self.shared.clock.now();
        self.shared.change(|locked| locked.state.replayed(generation, method, rejected, &now, fastrand::f64()));
    }

    /// What is stored, if it may be used.
    pub(crate) async fn stored_credentials(&self) -> Result<Option<Credentials>, AuthError> {
        let Some(store) = self.shared.source.store.as_deref() else { return Ok(None) };
        if !sync::on_a_runtime() {
            return Err(AuthError::no_runtime("reading the store"));
        }
        store.stored().await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(task) = self.shared.change(|locked| locked.running()) {
            task.abort();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.shared.snapshot.load();
        f.debug_struct("Session")
            .field("logged_in", &snapshot.usable().is_some())
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
