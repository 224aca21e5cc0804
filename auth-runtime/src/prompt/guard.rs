//! Something that a person is being shown.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{LoginEnd, LoginPrompt, ProviderChange};
use crate::AuthError;

const PANICKED: &str = "the prompt panicked";

/// Tells the prompt that the login has ended, also when it is given up half-way.
///
/// A prompt is a user's code. A panic of it ends the login; while the thread unwinds already, it would end the process.
pub(crate) struct PromptGuard<'a> {
    prompt: &'a dyn LoginPrompt,
    ended: bool,
}

impl<'a> PromptGuard<'a> {
    /// # Errors
    ///
    /// [`AuthErrorKind::Interrupted`](crate::AuthErrorKind::Interrupted) where the prompt panics.
    pub(crate) fn show(prompt: &'a dyn LoginPrompt, show: impl FnOnce(&dyn LoginPrompt)) -> Result<Self, AuthError> {
        let shown = Self { prompt, ended: false };
        caught(|| show(prompt))?;
        Ok(shown)
    }

    /// # Errors
    ///
    /// As [`show`](Self::show).
    pub(crate) fn ended(mut self, end: &LoginEnd<'_>) -> Result<(), AuthError> {
        self.finish(end)
    }

    fn finish(&mut self, end: &LoginEnd<'_>) -> Result<(), AuthError> {
        self.ended = true;
        caught(|| self.prompt.finished(end))
    }
}

impl Drop for PromptGuard<'_> {
    fn drop(&mut self) {
        if !self.ended
            && let Err(error) = self.finish(&LoginEnd { succeeded: false, person: None })
        {
            tracing::warn!(%error, "a login has ended, and the prompt does not take it");
        }
    }
}

/// Whether the person agrees to a change.
///
/// # Errors
///
/// [`AuthErrorKind::Interrupted`](crate::AuthErrorKind::Interrupted) where the prompt panics.
pub(crate) async fn agrees(prompt: &dyn LoginPrompt, change: &ProviderChange<'_>) -> Result<bool, AuthError> {
    let mut answer = caught(|| prompt.provider_changed(change))?;
    poll_fn(|cx| match caught(|| answer.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(error) => std::task::Poll::Ready(Err(error)),
    })
    .await
}

fn caught<T>(call: impl FnOnce() -> T) -> Result<T, AuthError> {
    // Nothing of ours is half-done: the prompt is borrowed, and what it does to itself is its own.
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| AuthError::interrupted(PANICKED))
}
