//! The prompt of programs that run on a terminal.

use std::io::Write as _;

#[cfg(feature = "interactive")]
use super::progress::Progress;
use super::{BrowserPrompt, DeviceCodePrompt, LoginPrompt};
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
        say(&format!(
            "{}, open this page in a browser on this machine:\n\n  {}\n",
            purpose(request.provider, request.server),
            plain_text(request.shown_url)
        ));
        #[cfg(feature = "interactive")]
        {
            if self.opens_browser {
                super::browser::open(request.opened_url.to_owned());
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

    fn finished(&self, succeeded: bool) {
        #[cfg(feature = "interactive")]
        if let Some(progress) = &self.progress {
            progress.end();
        }
        if succeeded {
            say("You are logged in.");
        }
    }
}

pub(crate) fn instruction(request: &DeviceCodePrompt<'_>) -> String {
    let purpose = purpose(request.provider, request.server);
    match request.verification_uri_complete {
        Some(complete) => format!(
            "{purpose}, open this page in any browser:\n\n  {}\n\nIf it asks for a code, enter {}\n",
            plain_text(complete),
            plain_text(request.user_code)
        ),
        None => format!(
            "{purpose}, open this page in any browser:\n\n  {}\n\nand enter the code {}\n",
            plain_text(request.verification_uri),
            plain_text(request.user_code)
        ),
    }
}

fn purpose(provider: &str, server: &str) -> String {
    format!("To log in at {} for {}", plain_text(provider), plain_text(server))
}

/// A closed error output is no reason to fail: the person may have another way to see what to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_person_is_told_which_page_to_open_and_what_to_enter_and_the_terminal_nothing() {
        let mut request = DeviceCodePrompt {
            verification_uri: "https://idp.example/device\u{1b}[2J",
            verification_uri_complete: None,
            user_code: "AB\u{7}CD-1234",
            expires_in: Duration::from_secs(600),
            provider: "idp.example",
            server: "https://flyte.example",
        };
        assert_eq!(
            instruction(&request),
            "To log in at idp.example for https://flyte.example, open this page in any browser:\n\n  \
             https://idp.example/device [2J\n\nand enter the code AB CD-1234\n"
        );
        request.verification_uri_complete = Some("https://idp.example/device?code=AB\rCD-1234");
        let said = instruction(&request);
        assert!(said.contains("\n  https://idp.example/device?code=AB CD-1234\n"), "{said}");
        assert!(said.contains("enter AB CD-1234\n") && !said.contains("/device["), "{said}");
    }
}
