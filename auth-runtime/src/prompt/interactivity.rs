//! What a login knows about the person who could be asked.

use std::{
    borrow::Cow,
    fmt,
    io::IsTerminal as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Interaction, LoginNotice, LoginPrompt, NON_INTERACTIVE_VARIABLE, TerminalPrompt};
use crate::AuthError;

/// The prompt, and whether it may be used.
#[derive(Clone)]
pub(crate) struct Interactivity {
    pub(crate) prompt: Arc<dyn LoginPrompt>,
    pub(crate) interaction: Interaction,
    /// The command that logs a person in.
    pub(crate) command: Option<Arc<str>>,
    /// Environment variables each of which forbids to ask.
    pub(crate) forbidding_variables: Vec<Cow<'static, str>>,
    /// Why a person is left in peace, although one may be asked: what became of an earlier login.
    earlier: Option<Arc<str>>,
    /// Whether nobody waits for what a person would be asked for.
    unattended: bool,
    /// Whether a person was spared in the login under way, because nobody waits for it. Shared as `asked` is.
    spared: Arc<AtomicBool>,
    /// Whether a person was asked in the login under way. Shared with the contexts of its flow.
    asked: Arc<AtomicBool>,
}

impl Default for Interactivity {
    fn default() -> Self {
        Self {
            prompt: Arc::new(TerminalPrompt::new()),
            interaction: Interaction::Auto,
            command: None,
            forbidding_variables: vec![Cow::Borrowed(NON_INTERACTIVE_VARIABLE)],
            earlier: None,
            unattended: false,
            spared: Arc::default(),
            asked: Arc::default(),
        }
    }
}

impl Interactivity {
    /// Whether a person may be asked now.
    pub(crate) fn allowed(&self) -> bool {
        let allowed = self.allowed_at_all();
        if allowed && self.unattended {
            self.spared.store(true, Ordering::Relaxed);
        }
        allowed && !self.unattended && self.earlier.is_none()
    }

    /// Whether a person may be asked, whoever waits for it.
    pub(crate) fn allowed_at_all(&self) -> bool {
        let set = |name: &Cow<'static, str>| std::env::var_os(name.as_ref()).and_then(|value| value.into_string().ok());
        if self.forbidding_variables.iter().any(|name| forbidden(set(name).as_deref())) {
            return false;
        }
        match self.interaction {
            Interaction::Auto => std::io::stderr().is_terminal(),
            Interaction::Never => false,
            Interaction::Always => true,
        }
    }

    /// The prompt, for a person who is about to be asked.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InteractionNeeded`](crate::AuthErrorKind::InteractionNeeded) where nobody may be asked.
    pub(crate) fn prompt(&self) -> Result<&dyn LoginPrompt, AuthError> {
        self.check()?;
        self.asked.store(true, Ordering::Relaxed);
        Ok(&*self.prompt)
    }

    /// Whether there will be a prompt, for a login that has much to prepare before it asks.
    ///
    /// # Errors
    ///
    /// As [`prompt`](Self::prompt).
    pub(crate) fn check(&self) -> Result<(), AuthError> {
        if self.allowed() { Ok(()) } else { Err(self.refusal()) }
    }

    /// Tells the person something that need not be answered.
    pub(crate) fn notice(&self, notice: &LoginNotice<'_>) {
        // A prompt is a user's code, and no notice is worth a login.
        if catch_unwind(AssertUnwindSafe(|| self.prompt.notice(notice))).is_err() {
            tracing::warn!(%notice, "the prompt panicked");
        }
    }

    /// A login begins that has asked nobody yet.
    pub(crate) fn begin(&self) {
        self.asked.store(false, Ordering::Relaxed);
        self.spared.store(false, Ordering::Relaxed);
    }

    /// The same for one refresh, which somebody waits for or not. `earlier` says what became of an earlier login, where
    /// nobody is to be asked because of that.
    pub(crate) fn for_refresh(&self, attended: bool, earlier: Option<&str>) -> Self {
        Self { unattended: !attended, earlier: earlier.map(Arc::from), ..self.clone() }
    }

    /// Whether a person would have been asked since then, had anybody waited for it.
    pub(crate) fn has_spared(&self) -> bool {
        self.spared.load(Ordering::Relaxed)
    }

    /// Whether a person was asked since then.
    pub(crate) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    fn refusal(&self) -> AuthError {
        let command = self.command.as_deref().map_or_else(this_program, str::to_owned);
        AuthError::interaction_needed(command, self.earlier.as_deref().filter(|_| self.allowed_at_all()))
    }
}

fn forbidden(variable: Option<&str>) -> bool {
    let off = |value: &str| ["", "0", "false", "no"].iter().any(|word| value.trim().eq_ignore_ascii_case(word));
    variable.is_some_and(|value| !off(value))
}

/// On a terminal it may ask.
fn this_program() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "this program".to_owned())
}

impl fmt::Debug for Interactivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interactivity")
            .field("interaction", &self.interaction)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::forbidden;

    #[test]
    fn the_environment_forbids_unless_it_says_no() {
        for value in ["1", "true", "yes", "TRUE", "on"] {
            assert!(forbidden(Some(value)), "{value}");
        }
        for value in [None, Some(""), Some("0"), Some("false"), Some("False"), Some("no"), Some(" ")] {
            assert!(!forbidden(value), "{value:?}");
        }
    }
}
