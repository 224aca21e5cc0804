//! A login that does what the test says.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use auth_runtime::{AuthError, Credentials, Flow, FlowContext};
use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use crate::{gate::Gate, guard::within_reason};

/// What one login does. Those that the test has not scripted issue a new token each.
#[derive(Debug)]
pub enum Login {
    /// Succeeds with these.
    Issue(Credentials),
    /// Fails with this.
    Fail(AuthError),
    /// Panics with this.
    Panic(&'static str),
    /// Waits at the gate first.
    Held(Gate, Box<Login>),
    /// Never ends.
    Hang,
}

impl Login {
    /// Issues this token, which lasts until it is rejected.
    pub fn token(token: impl Into<String>) -> Self {
        Self::Issue(Credentials::new(token))
    }

    /// Fails in a way that may pass.
    pub fn transient(message: &'static str) -> Self {
        Self::Fail(AuthError::transient(message))
    }

    /// Fails in a way that does not pass.
    pub fn permanent(message: &'static str) -> Self {
        Self::Fail(AuthError::permanent(message))
    }

    /// The same, behind a gate.
    pub fn held_at(self, gate: &Gate) -> Self {
        Self::Held(gate.clone(), Box::new(self))
    }
}

type Issuer = Box<dyn Fn() -> Credentials + Send + Sync>;

struct Shared {
    script: Mutex<VecDeque<Login>>,
    issue: Issuer,
    started: watch::Sender<usize>,
    ended: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    previous: Mutex<Vec<Option<String>>>,
}

/// A [`Flow`] whose logins are scripted. Clones are the same flow, so that the test can keep one.
#[derive(Clone)]
pub struct ScriptedFlow {
    shared: Arc<Shared>,
}

impl ScriptedFlow {
    /// A flow that asks `issue` for new credentials whenever no other login is scripted.
    pub fn new(issue: impl Fn() -> Credentials + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                script: Mutex::default(),
                issue: Box::new(issue),
                started: watch::Sender::new(0),
                ended: AtomicUsize::new(0),
                running: AtomicUsize::new(0),
                most_running: AtomicUsize::new(0),
                previous: Mutex::default(),
            }),
        }
    }

    /// Adds what the next login does that has no script yet.
    pub fn then(&self, login: Login) -> &Self {
        self.shared.script.lock().unwrap().push_back(login);
        self
    }

    /// Holds the next login at the gate that this returns; it issues a new token then.
    pub fn hold(&self) -> Gate {
        let gate = Gate::new();
        self.then(Login::Issue((self.shared.issue)()).held_at(&gate));
        gate
    }

    /// How many logins were started.
    pub fn calls(&self) -> usize {
        *self.shared.started.borrow()
    }

    /// How many logins came to an end (and were not cancelled).
    pub fn ended(&self) -> usize {
        self.shared.ended.load(Ordering::SeqCst)
    }

    /// How many logins are running.
    pub fn running(&self) -> usize {
        self.shared.running.load(Ordering::SeqCst)
    }

    /// How many logins ran at the same time, at most.
    pub fn most_running(&self) -> usize {
        self.shared.most_running.load(Ordering::SeqCst)
    }

    /// How many hold this flow: the test is one of them.
    pub fn owners(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    /// The tokens that the logins were asked to replace.
    pub fn previous_tokens(&self) -> Vec<Option<String>> {
        self.shared.previous.lock().unwrap().clone()
    }

    /// Waits until so many logins were started.
    pub async fn started(&self, count: usize) {
        let mut started = self.shared.started.subscribe();
        within_reason("a login", started.wait_for(|started| *started >= count)).await.unwrap();
    }

    async fn run(&self) -> Result<Credentials, AuthError> {
        let mut login = self.shared.script.lock().unwrap().pop_front();
        loop {
            match login {
                None => return Ok((self.shared.issue)()),
                Some(Login::Issue(credentials)) => return Ok(credentials),
                Some(Login::Fail(error)) => return Err(error),
                Some(Login::Panic(message)) => panic!("{message}"),
                Some(Login::Hang) => std::future::pending().await,
                Some(Login::Held(gate, then)) => {
                    gate.pass().await;
                    login = Some(*then);
                }
            }
        }
    }
}

impl Flow for ScriptedFlow {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let previous = previous.map(|previous| previous.access_token().expose_secret().to_owned());
        self.shared.previous.lock().unwrap().push(previous);
        let _running = Running::begin(&self.shared);
        let outcome = self.run().await;
        self.shared.ended.fetch_add(1, Ordering::SeqCst);
        outcome
    }
}

impl std::fmt::Debug for ScriptedFlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedFlow").field("calls", &self.calls()).finish_non_exhaustive()
    }
}

/// Counts a login as running, also when it is cancelled or panics.
struct Running<'a>(&'a Shared);

impl<'a> Running<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let running = shared.running.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_running.fetch_max(running, Ordering::SeqCst);
        shared.started.send_modify(|started| *started += 1);
        Self(shared)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
