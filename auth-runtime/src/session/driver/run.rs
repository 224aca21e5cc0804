//! The task of a refresh, from the inside.

use std::sync::Arc;

use tracing::Instrument as _;

use super::{
    super::{
        core::{Moment, Purpose, Token},
        sync::Handle,
    },
    Shared,
    completion::{CompletionGuard, Fetched},
    refresh_task::RefreshTask,
    session_store::LoginEpoch,
    shared::Locked,
    source::{RefreshOrder, Refreshed, StoredState},
};
use crate::{Credentials, error::RUNTIME_SHUT_DOWN};

/// A refresh that has begun: the state counts it as running, and it runs as soon as this is told to.
#[must_use = "those who join a refresh that does not run wait in vain"]
pub(super) struct BegunRefresh {
    shared: Arc<Shared>,
    runtime: Handle,
    task: RefreshTask,
    previous: Option<Credentials>,
    login: LoginEpoch,
}

impl BegunRefresh {
    /// Begins a refresh under the lock.
    pub(super) fn new(locked: &mut Locked, purpose: Purpose, runtime: Handle, shared: &Arc<Shared>) -> Self {
        let (id, previous) = locked.state.begin_refresh();
        let task = RefreshTask::new(id, purpose, runtime.id(), shared.longest_refresh);
        locked.runs_in(task.clone());
        // Under the same lock as a logout, which ends this one.
        let login = shared.source.login_epoch();
        Self { shared: Arc::clone(shared), runtime, task, previous, login }
    }

    pub(super) fn task(&self) -> &RefreshTask {
        &self.task
    }

    /// Lets it run. Not under the lock: a runtime that shuts down drops the task here and now, and with it the guard,
    /// which takes the lock.
    pub(super) fn spawn(self) {
        let Self { shared, runtime, task, previous, login } = self;
        let span = tracing::info_span!("login", endpoint = %shared.source.endpoint);
        let guard = CompletionGuard::new(Arc::clone(&shared), task.clone(), previous.is_none());
        let order = RefreshOrder {
            previous,
            by_hand: task.purpose() == Purpose::LogIn,
            attended: task.purpose() != Purpose::RefreshUnattended,
            login,
            clock: shared.clock.clone(),
        };
        let running = run(shared, task.clone(), order, guard).instrument(span);
        task.runs_as(runtime.spawn(running).abort_handle());
    }
}

async fn run(shared: Arc<Shared>, task: RefreshTask, order: RefreshOrder, guard: CompletionGuard) {
    task.begins();
    let requested_at = shared.clock.now();
    let fetched = fetch(&shared, task.purpose(), order, &requested_at).await;
    drop(shared);
    let turns = task.turns();
    guard.complete(fetched);
    turns.take().await;
}

async fn fetch(shared: &Shared, purpose: Purpose, order: RefreshOrder, requested_at: &Moment) -> Fetched {
    let source = &shared.source;
    let refreshed = match purpose {
        Purpose::RefreshUnlessUnwanted if source.server_wants_no_credentials().await => return Fetched::Unwanted,
        Purpose::Refresh | Purpose::RefreshUnattended | Purpose::RefreshUnlessUnwanted | Purpose::LogIn => {
            source.refresh(order, &shared.clock).await
        }
        Purpose::LoadStored => match source.load(&shared.clock).await {
            StoredState::Missing => return Fetched::NothingStored,
            StoredState::Usable(credentials) => return token_of(shared, credentials, requested_at, true),
            StoredState::Expired => {
                shared.change(|locked| locked.state.expect_credentials());
                source.refresh(order, &shared.clock).await
            }
        },
    };
    match refreshed {
        Ok(Refreshed::Issued(credentials)) => token_of(shared, credentials, requested_at, false),
        Ok(Refreshed::FromStore(credentials)) => token_of(shared, credentials, requested_at, true),
        Ok(Refreshed::LoggedOut) => Fetched::LoggedOut,
        Err(error) if error.is_interrupted_by(RUNTIME_SHUT_DOWN) => Fetched::Lost(RUNTIME_SHUT_DOWN),
        Err(error) if source.interactivity.has_spared() && !error.is_transient() => Fetched::PersonNeeded,
        Err(error) => Fetched::Failed { error, rotated: None },
    }
}

/// Makes a token of the credentials, if a header can carry it.
fn token_of(shared: &Shared, credentials: Credentials, requested_at: &Moment, from_store: bool) -> Fetched {
    let now = shared.clock.now();
    let source = &shared.source;
    let key = source.header_key(&credentials).to_owned();
    match Token::new(credentials.clone(), &key, requested_at, &now, &source.limits, fastrand::f64()) {
        Ok(token) if from_store => Fetched::FromStore(token),
        Ok(token) => Fetched::Issued(token.issued(&now)),
        Err(error) => Fetched::Failed { error, rotated: credentials.refresh_token().is_some().then_some(credentials) },
    }
}
