//! Something that a person is being shown.

use super::LoginPrompt;

/// Tells the prompt that the login has ended, also when it is given up half-way.
pub(crate) struct PromptGuard<'a> {
    prompt: &'a dyn LoginPrompt,
    succeeded: bool,
}

impl<'a> PromptGuard<'a> {
    pub(crate) fn show(prompt: &'a dyn LoginPrompt, show: impl FnOnce(&dyn LoginPrompt)) -> Self {
        let shown = Self { prompt, succeeded: false };
        show(prompt);
        shown
    }

    pub(crate) fn ended(mut self, succeeded: bool) {
        self.succeeded = succeeded;
    }
}

impl Drop for PromptGuard<'_> {
    fn drop(&mut self) {
        self.prompt.finished(self.succeeded);
    }
}
