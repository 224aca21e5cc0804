//! Whether and how a person is asked to log in.

use std::{borrow::Cow, sync::Arc};

use super::AuthenticatorBuilder;
use crate::{Interaction, LoginPrompt};

impl AuthenticatorBuilder {
    /// How a person is asked to log in, instead of on the terminal.
    pub fn prompt(mut self, prompt: impl LoginPrompt) -> Self {
        self.interactivity.prompt = Arc::new(prompt);
        self
    }

    /// Whether a person may be asked to log in. By default, if the program runs on a terminal.
    pub fn interaction(mut self, interaction: Interaction) -> Self {
        self.interactivity.interaction = interaction;
        self
    }

    /// An environment variable that forbids to ask a person, whatever [`interaction`](Self::interaction) says, besides
    /// [`NON_INTERACTIVE_VARIABLE`](crate::NON_INTERACTIVE_VARIABLE).
    pub fn non_interactive_variable(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.interactivity.forbidding_variables.push(name.into());
        self
    }

    /// The command that logs a person in, for the error where none may be asked. By default, this program's name.
    pub fn login_command(mut self, command: impl Into<String>) -> Self {
        self.interactivity.command = Some(command.into().into());
        self
    }
}
