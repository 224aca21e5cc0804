//! One login or refresh: in turn with other programs, and with a full login where a refresh token is refused.

use std::{pin::pin, sync::Arc};

use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    super::{
        clock::Clock,
        core::{EndedLogin, Refused, is_usable, refused},
        sync::{after, now, sleep_until, spawn, timeout, timeout_at},
    },
    CredentialSource, SessionStore,
    session_store::Entry,
    source::{RefreshOrder, Refreshed},
};
use crate::{
    AuthError, Credentials, LoginNotice,
    flow::ErasedFlow,
    store::{StoreError, StoreLock},
};

/// What an attempt with a refresh token led to.
enum Attempted {
    Issued(Credentials),
    /// The full login is to follow.
    Refused(AuthError),
}

impl CredentialSource {
    /// One login or refresh. Where a refresh token is refused, the full login follows, once.
    pub(super) async fn refresh(&self, order: RefreshOrder, clock: &Clock) -> Result<Refreshed, AuthError> {
        // It may have been refused a while ago, and nobody could be asked since.
        let why = self.revoked.reason(order.previous.as_ref());
        self.refresh_once(order, clock).await.map_err(|error| match why {
            Some(refusal) => error.because_refused(refusal),
            None => error,
        })
    }

    async fn refresh_once(&self, order: RefreshOrder, clock: &Clock) -> Result<Refreshed, AuthError> {
        let flow = &**self.flow.as_ref().ok_or_else(AuthError::no_flow)?;
        self.interactivity.begin();
        let previous = order.previous.as_ref();
        let mut sent = self.revoked.unless_revoked(previous);
        let mut not_locked = None;
        if let Some(store) = &self.store {
            if order.by_hand {
                store.use_what_is_left();
                store.note_end(None).await;
            }
            match self.turn(flow, store, &order).await? {
                Ok(lock) => return self.refresh_in_turn(flow, store, lock, &order, clock).await,
                Err(error) => not_locked = Some(error),
            }
            // What could not be locked is not this program's to rotate: whoever else reads it would be left with a
            // refresh token that has been replaced.
            sent = sent.filter(|previous| !store.holds_refresh_token_of(previous));
        }
        let credentials = match self.try_refresh(flow, sent, &order).await? {
            Attempted::Issued(credentials) => credentials,
            Attempted::Refused(refusal) => self.log_in(flow, refusal, &order).await?,
        };
        if let Some(error) = &not_locked {
            self.tell_not_stored(error);
        }
        Ok(Refreshed::Issued(credentials))
    }

    /// Waits until no other program refreshes what is stored. Whoever does may be waiting for a person, for as long as
    /// the flow allows: a person who waits here is told so, and where nobody could be asked it is not waited that long.
    async fn turn(
        &self,
        flow: &dyn ErasedFlow,
        store: &SessionStore,
        order: &RefreshOrder,
    ) -> Result<Result<StoreLock, StoreError>, AuthError> {
        let bound = self.login_timeout(flow);
        if !(order.attended && self.interactivity.allowed_at_all()) {
            return store.lock(bound.min(self.limits.unattended_lock_timeout)).await;
        }
        let mut locking = pin!(store.lock(bound));
        match timeout(self.limits.wait_notice, &mut locking).await {
            Ok(locked) => locked,
            Err(_) => {
                let notice = LoginNotice::WaitsForAnotherProgram { server: &self.endpoint, at_most: bound };
                self.interactivity.notice(&notice);
                locking.await
            }
        }
    }

    /// A person who has just logged in would be asked again by the next program, and wonder why.
    fn tell_not_stored(&self, error: &StoreError) {
        if self.interactivity.has_asked() {
            self.interactivity.notice(&LoginNotice::NotStored { server: &self.endpoint, reason: error });
        }
    }

    /// A refresh by the only program that refreshes these credentials now, unless another has done so before.
    async fn refresh_in_turn(
        &self,
        flow: &dyn ErasedFlow,
        store: &Arc<SessionStore>,
        lock: StoreLock,
        order: &RefreshOrder,
        clock: &Clock,
    ) -> Result<Refreshed, AuthError> {
        let mut base = order.previous.clone();
        let mut entry = store.look(base.as_ref()).await;
        if matches!(entry, Entry::Gone) && base.is_some() {
            return Ok(Refreshed::LoggedOut);
        }
        let issued = loop {
            match entry {
                Entry::News(news) if is_usable(&news, &clock.now(), &self.limits) => {
                    self.learn_header_key(&news).await;
                    return Ok(Refreshed::FromStore(news));
                }
                Entry::News(news) => base = Some(news),
                Entry::Known | Entry::Gone => {}
            }
            let sent = self.revoked.unless_revoked(base.as_ref());
            let refusal = match self.try_refresh(flow, sent, order).await? {
                Attempted::Issued(credentials) => {
                    // Whoever logs out in another program does not wait for ever for this one.
                    let is_refreshed = sent.is_some_and(|sent| sent.refresh_token().is_some());
                    if is_refreshed && matches!(store.look(sent).await, Entry::Gone) {
                        self.revoke(std::iter::once(credentials), &[]).await;
                        return Ok(Refreshed::LoggedOut);
                    }
                    break credentials;
                }
                Attempted::Refused(refusal) => refusal,
            };
            // A program that takes no turns, such as flytekit, may have been quicker.
            entry = store.look(base.as_ref()).await;
            if !matches!(entry, Entry::News(_))
                && let Some(refused) = base.as_ref().filter(|base| self.revoked.unless_revoked(Some(base)).is_none())
            {
                store.delete(refused).await;
                // A keyring may hold the login of another program, behind the one that was deleted.
                entry = store.look(base.as_ref()).await;
            }
            if !matches!(entry, Entry::News(_)) {
                break self.log_in(flow, refusal, order).await?;
            }
        };
        // Before anybody uses them: from now on the refresh token that is stored may have been replaced.
        // On a task of its own, which saves them even if nobody wants them any more.
        let (store, storable, now, login) =
            (Arc::clone(store), self.with_header_key(&issued), clock.now(), order.login);
        let saved = async move {
            let saved = store.save(&storable, &now, login).await;
            drop(lock);
            saved
        };
        match spawn(saved.in_current_span()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.tell_not_stored(&error),
            Err(error) if error.is_panic() => {
                tracing::warn!("credentials cannot be stored: the store panicked");
                self.tell_not_stored(&StoreError::new("the store panicked"));
            }
            Err(_) => {}
        }
        Ok(Refreshed::Issued(issued))
    }

    /// Asks the flow for credentials in place of these. A refresh token that is refused for good is not sent again.
    async fn try_refresh(
        &self,
        flow: &dyn ErasedFlow,
        previous: Option<&Credentials>,
        order: &RefreshOrder,
    ) -> Result<Attempted, AuthError> {
        // For both tries together.
        let until = after(self.login_timeout(flow));
        let mut tried_again = false;
        loop {
            let error = match self.ask(flow, previous, until, order).await {
                Ok(credentials) => return Ok(Attempted::Issued(credentials)),
                Err(error) => error,
            };
            // Good where it came from, so it stays where it is kept.
            if error.is_of_another_provider() {
                tracing::warn!(error = error.with_causes(), "the refresh token was not sent");
                return Ok(Attempted::Refused(error));
            }
            let Some(token) = previous.and_then(Credentials::refresh_token) else { return Err(error) };
            let Some((code, status)) = error.refusal() else { return Err(error) };
            match refused(code, status, order.by_hand) {
                Refused::LogIn => {
                    tracing::info!(%error, "the refresh token is rejected");
                    self.revoked.remember(token, &error);
                    return Ok(Attempted::Refused(error));
                }
                Refused::TryAgain if tried_again => {
                    tracing::info!(%error, "the refresh token is refused, once more");
                    return Ok(Attempted::Refused(error));
                }
                Refused::TryAgain => {
                    tried_again = true;
                    sleep_until(after(self.limits.refused_pause)).await;
                }
                Refused::Transient | Refused::Permanent => return Err(error),
            }
        }
    }

    /// The full login. Where nobody may be asked, the reason why one is needed is not lost.
    async fn log_in(
        &self,
        flow: &dyn ErasedFlow,
        refusal: AuthError,
        order: &RefreshOrder,
    ) -> Result<Credentials, AuthError> {
        let until = after(self.login_timeout(flow));
        self.ask(flow, None, until, order).await.map_err(|error| error.because_refused(refusal))
    }

    /// Asks the flow once, bounded in time.
    async fn ask(
        &self,
        flow: &dyn ErasedFlow,
        previous: Option<&Credentials>,
        until: Instant,
        order: &RefreshOrder,
    ) -> Result<Credentials, AuthError> {
        let spares = self.spares_people(order).await;
        let attempt = async {
            let context = self.context(order.attended, spares.as_deref()).await?;
            let asked_at = now();
            let issued = flow.refresh_credentials(&context, previous).await?;
            Ok(issued.requested_at(asked_at).in_place_of(previous))
        };
        let outcome = match timeout_at(until, attempt).await {
            Ok(outcome) => outcome,
            Err(_) if self.interactivity.has_asked() => Err(AuthError::unanswered(self.login_timeout(flow))),
            Err(_) => Err(AuthError::timed_out("the login", self.login_timeout(flow))),
        };
        // While the lock is held: whoever waits for it is not to ask again.
        if let Some(store) = self.store.as_ref().filter(|_| self.interactivity.has_asked()) {
            match &outcome {
                Ok(_) => store.note_end(None).await,
                Err(error) => match EndedLogin::of(error, &order.clock.now()) {
                    None => {}
                    ended => store.note_end(ended).await,
                },
            }
        }
        outcome
    }

    /// Why nobody is to be asked: an earlier login has ended in vain, perhaps in another program. Whoever logs in by hand
    /// means it.
    async fn spares_people(&self, order: &RefreshOrder) -> Option<String> {
        let store = self.store.as_ref().filter(|_| !order.by_hand && self.interactivity.allowed_at_all())?;
        store.ended_login(&order.clock.now()).await
    }
}
