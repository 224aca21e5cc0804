//! Something that a person is being shown.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::LoginPrompt;
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
    pub(crate) fn ended(mut self, succeeded: bool) -> Result<(), AuthError> {
        self.finish(succeeded)
    }

    fn finish(&mut self, succeeded: bool) -> Result<(), AuthError> {
        self.ended = true;
        caught(|| self.prompt.finished(succeeded))
    }
}

impl Drop for PromptGuard<'_> {
    fn drop(&mut self) {
        if !self.ended
            && let Err(error) = self.finish(false)
        {
            tracing::warn!(%error, "a login has ended, and the prompt does not take it");
        }
    }
}

fn caught(call: impl FnOnce()) -> Result<(), AuthError> {
    // Nothing of ours is half-done: the prompt is borrowed, and what it does to itself is its own.
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| AuthError::interrupted(PANICKED))
}
