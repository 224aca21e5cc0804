//! What is decided under the lock: a call goes on, joins the refresh that runs, or begins one.
//!
//! Each of these decides and, where a refresh is to begin, begins it under the same lock. Between two locks another
//! could begin and end, and its token would be replaced at once.

use std::convert::Infallible;

use super::{
    super::{
        AfterRejection, Attachment, Session,
        core::{Decision, Purpose, Rejection},
        sync::Handle,
    },
    refresh_task::RefreshTask,
    run::BegunRefresh,
    shared::Locked,
};
use crate::{AuthError, Credentials};

/// A refresh that a call waits for.
pub(super) struct Joined {
    pub(super) task: RefreshTask,
    /// Begun by this call, and so on its runtime.
    pub(super) begun: bool,
}

/// What a call is to do next.
pub(super) enum Next<T> {
    Go(T),
    Wait(Joined),
    /// With this, unless there is time to wait for something better.
    Fail(AuthError),
}

/// What was decided under the lock, and what is to be done about it without.
struct Planned<T> {
    next: Result<Next<T>, AuthError>,
    begun: Option<BegunRefresh>,
}

impl<T> From<Next<T>> for Planned<T> {
    fn from(next: Next<T>) -> Self {
        Self { next: Ok(next), begun: None }
    }
}

impl Session {
    pub(super) fn decide(&self, one_attempt: bool) -> Result<Next<Attachment>, AuthError> {
        let now = self.shared.clock.now();
        self.plan(|locked| {
            let decision = match one_attempt {
                true => locked.state.decide_for_one_attempt(&now),
                false => locked.state.decide(&now),
            };
            match decision {
                Decision::Attach(token) => Next::Go(Attachment::Token(token)).into(),
                Decision::AttachAndRefresh(token) => {
                    // Without a runtime there is no refresh in the background.
                    let begun = self.begin_refresh(locked, Purpose::RefreshUnattended).ok();
                    Planned { next: Ok(Next::Go(Attachment::Token(token))), begun }
                }
                Decision::Anonymous => Next::Go(Attachment::Anonymous).into(),
                Decision::Join => self.join(locked, Purpose::Refresh),
                Decision::Begin(purpose) => self.begin(locked, purpose),
                Decision::Fail(error) => Next::Fail(error).into(),
            }
        })
    }

    pub(super) fn decide_on_login(&self) -> Result<Next<Credentials>, AuthError> {
        let now = self.shared.clock.now();
        self.plan(|locked| match locked.state.decide_on_login(&now) {
            Decision::Attach(token) | Decision::AttachAndRefresh(token) => Next::Go(token.credentials.clone()).into(),
            Decision::Fail(error) => Next::Fail(error).into(),
            Decision::Join | Decision::Begin(_) | Decision::Anonymous => self.join(locked, Purpose::LogIn),
        })
    }

    /// Whether somebody waits is said by the purpose.
    pub(super) fn reject(
        &self,
        generation: u64,
        method: Option<&str>,
        purpose: Purpose,
    ) -> Result<Next<AfterRejection>, AuthError> {
        let (now, jitter) = (self.shared.clock.now(), fastrand::f64());
        self.plan(|locked| match locked.state.rejected(generation, method, &now, jitter) {
            Rejection::Replay(token) => Next::Go(AfterRejection::Replay(token)).into(),
            Rejection::Stands => Next::Go(AfterRejection::Stands).into(),
            Rejection::Begin if purpose == Purpose::RefreshUnattended && locked.state.needs_person() => {
                Next::Go(AfterRejection::Stands).into()
            }
            Rejection::Join | Rejection::Begin => self.join(locked, purpose),
            Rejection::Fail(error) => Next::Fail(error).into(),
        })
    }

    pub(super) fn join_or_begin(&self) -> Result<Joined, AuthError> {
        match self.plan::<Infallible>(|locked| self.join(locked, Purpose::Refresh))? {
            Next::Wait(joined) => Ok(joined),
            Next::Fail(error) => Err(error),
            Next::Go(never) => match never {},
        }
    }

    /// Carries out what is decided under the lock.
    fn plan<T>(&self, decide: impl FnOnce(&mut Locked) -> Planned<T>) -> Result<Next<T>, AuthError> {
        let Planned { next, begun } = self.shared.change(decide);
        if let Some(begun) = begun {
            begun.spawn();
        }
        next
    }

    /// Joins the refresh that runs, or begins one.
    fn join<T>(&self, locked: &mut Locked, purpose: Purpose) -> Planned<T> {
        match locked.running() {
            Some(task) => Next::Wait(Joined { task, begun: false }).into(),
            None => self.begin(locked, purpose),
        }
    }

    fn begin<T>(&self, locked: &mut Locked, purpose: Purpose) -> Planned<T> {
        match self.begin_refresh(locked, purpose) {
            Ok(begun) => {
                let joined = Joined { task: begun.task().clone(), begun: true };
                Planned { next: Ok(Next::Wait(joined)), begun: Some(begun) }
            }
            Err(error) => Planned { next: Err(error), begun: None },
        }
    }

    fn begin_refresh(&self, locked: &mut Locked, purpose: Purpose) -> Result<BegunRefresh, AuthError> {
        let runtime = Handle::try_current().map_err(|_| AuthError::no_runtime("a login"))?;
        Ok(BegunRefresh::new(locked, purpose, runtime, &self.shared))
    }
}
