//! The prompt of programs that run on a terminal.

use std::{fmt::Write as _, future::Future, io::Write as _, pin::Pin};

#[cfg(feature = "interactive")]
use super::progress::Progress;
use super::{BrowserPrompt, DeviceCodePrompt, LoginEnd, LoginNotice, LoginPrompt, ProviderChange, ServersChoice};
use crate::plain_text::plain_text;

/// Writes to the error output what to do, so that a program's own output stays clean.
///
/// With the feature `interactive` it can also [open the browser](Self::open_browser) and
/// [show that it waits](Self::show_progress).
///
/// ```
/// use auth_runtime::{Authenticator, TerminalPrompt, flow::Pkce};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .flow(Pkce::new())
///     .prompt(TerminalPrompt::new()) // with `interactive`: TerminalPrompt::new().open_browser(true)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct TerminalPrompt {
    #[cfg(feature = "interactive")]
    opens_browser: bool,
    #[cfg(feature = "interactive")]
    progress: Option<Progress>,
}

impl TerminalPrompt {
    /// The default prompt: it only writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page is opened in a browser as well: the one that the environment variable `BROWSER` names, else
    /// the system's. `false` by default.
    #[cfg(feature = "interactive")]
    #[must_use]
    pub fn open_browser(mut self, open_browser: bool) -> Self {
        self.opens_browser = open_browser;
        self
    }

    /// Whether a line on the terminal moves while the person has to act. `false` by default.
    #[cfg(feature = "interactive")]
    #[must_use]
    pub fn show_progress(mut self, show_progress: bool) -> Self {
        self.progress = show_progress.then(Progress::default);
        self
    }
}

impl LoginPrompt for TerminalPrompt {
    fn browser(&self, request: &BrowserPrompt<'_>) {
        say(&invitation(request));
        #[cfg(feature = "interactive")]
        {
            if self.opens_browser {
                super::browser::open(request.opened_url().to_owned());
            }
            if let Some(progress) = &self.progress {
                progress.begin("Waiting for you to log in in the browser");
            }
        }
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        say(&instruction(request));
        #[cfg(feature = "interactive")]
        if let Some(progress) = &self.progress {
            progress.begin("Waiting for you to log in");
        }
    }

    /// Asks on the terminal. Where the program's input is none, nobody can agree.
    fn provider_changed<'a>(
        &'a self,
        change: &'a ProviderChange<'a>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let ask = || say(&question(change));
        #[cfg(feature = "oauth")]
        return Box::pin(super::question::says_yes(ask));
        #[cfg(not(feature = "oauth"))]
        {
            ask();
            Box::pin(std::future::ready(false))
        }
    }

    fn notice(&self, notice: &LoginNotice<'_>) {
        say(&notice.to_string());
    }

    fn finished(&self, end: &LoginEnd<'_>) {
        #[cfg(feature = "interactive")]
        if let Some(progress) = &self.progress {
            progress.end();
        }
        if end.succeeded() {
            say(&farewell(end));
        }
    }
}

pub(crate) fn invitation(request: &BrowserPrompt<'_>) -> String {
    format!(
        "{}, open this page in a browser on this machine:\n\n  {}\n{}",
        purpose(request.provider(), request.server()),
        plain_text(request.shown_url()),
        chosen(request.servers_choice())
    )
}

pub(crate) fn instruction(request: &DeviceCodePrompt<'_>) -> String {
    let purpose = purpose(request.provider(), request.server());
    let (page, code) = match request.verification_uri_complete() {
        Some(complete) => (complete, "If it asks for a code, enter"),
        None => (request.verification_uri(), "and enter the code"),
    };
    format!(
        "{purpose}, open this page in any browser:\n\n  {}\n\n{code} {}\n{}",
        plain_text(page),
        plain_text(request.user_code()),
        chosen(request.servers_choice())
    )
}

pub(crate) fn question(change: &ProviderChange<'_>) -> String {
    let mut text = format!("{} has changed how people log in to it:\n\n", plain_text(change.server()));
    for (what, was, now) in change.changes() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {what}: was {}, is now {}", plain_text(was), plain_text(now));
    }
    text + "\nSomebody may have taken it over. Do you know of this change, and log in all the same? [y/N]"
}

pub(crate) fn farewell(end: &LoginEnd<'_>) -> String {
    match end.person() {
        Some(person) => format!("You are logged in as {}.", plain_text(person)),
        None => "You are logged in.".to_owned(),
    }
}

fn purpose(provider: &str, server: &str) -> String {
    format!("To log in at {} for {}", plain_text(provider), plain_text(server))
}

/// One line, or nothing where the server has chosen nothing.
fn chosen(choice: &ServersChoice) -> String {
    let named = |name: &str, value: Option<&str>| value.map(|value| format!("{name} `{}`", plain_text(value)));
    let scopes = choice.scopes().join(" ");
    let parts = [
        named("client", choice.client_id()),
        named("scopes", Some(&*scopes).filter(|scopes| !scopes.is_empty())),
        named("audience", choice.audience()),
        named("redirect URI", choice.redirect_uri()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("\nThe server has chosen, and not you: {}\n", parts.join(", ")),
    }
}

/// A closed error output is no reason to fail: the person may have another way to see what to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests;
