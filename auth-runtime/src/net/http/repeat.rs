//! One quick second attempt, for trouble that is over in a moment.

use http::StatusCode;
use tokio::time::{Instant, sleep};

use crate::{AuthError, limits};

/// What may be sent a second time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repeat {
    /// What was never sent: a provider takes a second use of a code or of a refresh token for theft (RFC 9700 section
    /// 4.14), and the first may have arrived.
    #[default]
    NeverSent,
    /// Anything: to do it twice is to do it once.
    Idempotent,
}

/// An attempt that failed.
pub(crate) struct Failure {
    pub(crate) error: AuthError,
    /// What a request must be to be sent again at once. `None` if that would not help.
    again: Option<Repeat>,
}

impl Failure {
    /// One that stays the same.
    pub(super) fn lasting(error: AuthError) -> Self {
        Self { error, again: None }
    }

    /// A connection that was not made, or broke.
    pub(super) fn of_connection(error: AuthError, was_sent: bool) -> Self {
        let again = if was_sent { Repeat::Idempotent } else { Repeat::NeverSent };
        Self { again: error.is_transient().then_some(again), error }
    }

    /// A status that says that the provider cannot answer now. Where it `says_when` it can, in whatever words, nobody asks
    /// at once.
    pub(super) fn of_status(error: AuthError, status: StatusCode, says_when: bool) -> Self {
        let passing =
            matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT);
        let again = (passing && !says_when).then_some(Repeat::Idempotent);
        Self { error, again }
    }
}

/// Makes the attempt, and once more after a moment if it failed in a way that passes.
pub(super) async fn with_repeat<T, F>(allowed: Repeat, attempt: impl Fn() -> F) -> Result<T, AuthError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let begun_at = Instant::now();
    let failure = match attempt().await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let quick = begun_at.elapsed() < limits::QUICK_REPEAT_WITHIN;
    if !(quick && failure.again.is_some_and(|needed| needed <= allowed)) {
        return Err(failure.error);
    }
    tracing::debug!(error = %failure.error, "the request is sent once more");
    sleep(pause()).await;
    attempt().await.map_err(|failure| failure.error)
}

/// Not the same for all programs that a provider's restart has thrown out together.
fn pause() -> std::time::Duration {
    limits::QUICK_REPEAT_PAUSE.mul_f64(0.5 + fastrand::f64())
}
