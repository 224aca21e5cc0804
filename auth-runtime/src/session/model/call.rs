//! Those who use a session: calls, and an onlooker.

use std::time::Duration;

use shuttle::thread;
use tokio::time::Instant;

use super::{
    super::{AfterRejection, Attachment, Session, Token},
    pause,
    runtime::Handle,
    time,
    world::World,
};
use crate::{AuthError, Authenticator, limits};

pub(super) const METHOD: &str = "/checked.Calls/Call";

/// How a call ended.
#[derive(Debug)]
pub(super) enum CallOutcome {
    Served,
    /// By the server, for good.
    Rejected,
    /// Before or after the server was asked.
    Failed(#[allow(dead_code, reason = "a test that fails shows it")] AuthError),
}

impl CallOutcome {
    pub(super) fn served(&self) -> bool {
        matches!(self, Self::Served)
    }
}

/// One call, as the service makes them.
pub(super) async fn call(world: &World, authenticator: &Authenticator, deadline: Option<Instant>) -> CallOutcome {
    let session = authenticator.session();
    let seen = Seen::of(session);
    let attachment = match session.ready_attachment() {
        Some(attachment) => Ok(attachment),
        None => session.attachment(deadline).await,
    };
    let (generation, credentials) = match &attachment {
        Ok(Attachment::Token(token)) => {
            seen.allow(world, token);
            (token.generation, Some(&token.credentials))
        }
        Ok(Attachment::Anonymous) => {
            assert_eq!(seen.current, 0, "a call goes out anonymous though there was a token before it asked");
            (0, None)
        }
        Err(error) => return CallOutcome::Failed(error.clone()),
    };
    pause().await;
    if world.admits(credentials) {
        return CallOutcome::Served;
    }
    pause().await;
    let seen = Seen::of(session);
    match session.refresh_after(generation, METHOD, deadline).await {
        AfterRejection::Replay(token) => {
            seen.allow(world, &token);
            assert!(token.generation > generation, "a call is sent again with the token that was rejected");
            session.replaying();
            pause().await;
            let admitted = world.admits(Some(&token.credentials));
            session.replayed(token.generation, METHOD, !admitted);
            if admitted { CallOutcome::Served } else { CallOutcome::Rejected }
        }
        AfterRejection::Stands => CallOutcome::Rejected,
        AfterRejection::Failed(error) => CallOutcome::Failed(error),
    }
}

/// A call on a thread of its own.
pub(super) fn calling(
    runtime: &Handle,
    world: &World,
    authenticator: &Authenticator,
    deadline: Option<Duration>,
) -> thread::JoinHandle<CallOutcome> {
    let (runtime, world, authenticator) = (runtime.clone(), world.clone(), authenticator.clone());
    let deadline = deadline.map(|deadline| time::now() + deadline);
    thread::spawn(move || runtime.block_on(call(&world, &authenticator, deadline)))
}

pub(super) fn all_served(calls: impl IntoIterator<Item = thread::JoinHandle<CallOutcome>>) {
    all_end(calls, CallOutcome::served);
}

pub(super) fn all_fail(calls: impl IntoIterator<Item = thread::JoinHandle<CallOutcome>>) {
    all_end(calls, |outcome| matches!(outcome, CallOutcome::Failed(_)));
}

fn all_end(calls: impl IntoIterator<Item = thread::JoinHandle<CallOutcome>>, so: impl Fn(&CallOutcome) -> bool) {
    for call in calls {
        let outcome = call.join().unwrap();
        assert!(so(&outcome), "{outcome:?}");
    }
}

/// What a session said at one moment.
struct Seen {
    current: u64,
    rejected: u64,
}

impl Seen {
    fn of(session: &Session) -> Self {
        let snapshot = session.shared.snapshot.load();
        Self { current: snapshot.current.as_ref().map_or(0, |token| token.generation), rejected: snapshot.rejected }
    }

    /// Checks what a call was given after that moment.
    fn allow(&self, world: &World, token: &Token) {
        // Where the provider has no other token, the server is asked about this one again.
        let better = token.generation > self.rejected || world.repeats_itself();
        assert!(better, "a call is given a token that was rejected before it asked");
        assert!(token.generation >= self.current, "a call is given a token that was replaced before it asked");
    }
}

/// Looks at the session now and then: it never goes back.
pub(super) fn watching(authenticator: &Authenticator) -> thread::JoinHandle<()> {
    let authenticator = authenticator.clone();
    thread::spawn(move || {
        let mut before = Seen::of(authenticator.session());
        for _ in 0..8 {
            let seen = Seen::of(authenticator.session());
            assert!(seen.current >= before.current, "an older token is back");
            assert!(seen.rejected >= before.rejected, "a rejection is forgotten");
            before = seen;
        }
    })
}

/// After everything: nothing is under way, all see the same, and the next call is served.
pub(super) fn goes_on(runtime: &Handle, world: &World, authenticator: &Authenticator) {
    runtime.block_on(async {
        comes_to_rest(authenticator).await;
        runtime.left_alone().await;
        // Whatever pause there was is over.
        time::pass(limits::BACKOFF_MAX * 2);
        let outcome = call(world, authenticator, None).await;
        assert!(outcome.served(), "after everything a call ends with {outcome:?}");
        comes_to_rest(authenticator).await;
    });
}

async fn comes_to_rest(authenticator: &Authenticator) {
    let shared = &authenticator.session().shared;
    loop {
        // A statement of its own: the lock is not held while this waits.
        let running = shared.change(|locked| locked.running());
        match running {
            Some(task) => drop(task.outcome().await),
            None => break,
        }
    }
    // Of the same moment.
    let (state, snapshot) = shared.change(|locked| (locked.state.snapshot().clone(), shared.snapshot.load()));
    let generation = |current: &Option<std::sync::Arc<Token>>| current.as_ref().map(|token| token.generation);
    assert_eq!(generation(&snapshot.current), generation(&state.current), "calls see other credentials than there are");
    assert_eq!(snapshot.rejected, state.rejected, "calls do not see what was rejected");
    assert_eq!(
        snapshot.anonymous_allowed, state.anonymous_allowed,
        "calls do not see whether they may go out anonymous"
    );
}

/// How many tokens were issued, and how many logins failed.
pub(super) fn counted(authenticator: &Authenticator) -> usize {
    let statistics = authenticator.statistics();
    (statistics.logins() + statistics.refreshes() + statistics.failures()) as usize
}
