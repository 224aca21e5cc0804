//! The prompt of programs that run on a terminal.

use std::io::Write as _;

use super::{DeviceCodePrompt, LoginPrompt};

/// Writes to the error output what to do, so that a program's own output stays clean.
///
/// With the feature `interactive` it also opens the browser (the one that `BROWSER` names, else the system's), and
/// shows on a terminal that it waits.
#[derive(Debug, Default)]
pub struct TerminalPrompt {
    #[cfg(feature = "interactive")]
    waiting: waiting::Waiting,
}

impl TerminalPrompt {
    /// The default prompt.
    pub fn new() -> Self {
        Self::default()
    }
}

impl LoginPrompt for TerminalPrompt {
    fn browser(&self, url: &str) {
        say(&format!("To log in, open this page in a browser on this machine:\n\n  {url}\n"));
        #[cfg(feature = "interactive")]
        {
            waiting::open_browser(url.to_owned());
            self.waiting.begin("Waiting for you to log in in the browser");
        }
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        say(&instruction(request));
        #[cfg(feature = "interactive")]
        self.waiting.begin("Waiting for you to log in");
    }

    fn finished(&self, succeeded: bool) {
        #[cfg(feature = "interactive")]
        self.waiting.end();
        if succeeded {
            say("You are logged in.");
        }
    }
}

pub(crate) fn instruction(request: &DeviceCodePrompt<'_>) -> String {
    match request.verification_uri_complete {
        Some(complete) => format!(
            "To log in, open this page in any browser:\n\n  {}\n\nIf it asks for a code, enter {}\n",
            printable(complete),
            printable(request.user_code)
        ),
        None => format!(
            "To log in, open this page in any browser:\n\n  {}\n\nand enter the code {}\n",
            printable(request.verification_uri),
            printable(request.user_code)
        ),
    }
}

/// A provider must not be able to write anywhere else on the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// A closed error output is no reason to fail: the person may have another way to see what to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(feature = "interactive")]
mod waiting {
    use std::{
        sync::{Mutex, PoisonError},
        time::Duration,
    };

    use indicatif::{ProgressBar, ProgressStyle};

    /// How often the progress line moves.
    const TICK: Duration = Duration::from_millis(120);

    /// A line that moves while a person has to act. It is drawn on a terminal only.
    #[derive(Debug, Default)]
    pub(super) struct Waiting {
        line: Mutex<Option<ProgressBar>>,
    }

    impl Waiting {
        pub(super) fn begin(&self, message: &'static str) {
            let line = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner()).with_message(message);
            line.enable_steady_tick(TICK);
            if let Some(earlier) = self.replace(Some(line)) {
                earlier.finish_and_clear();
            }
        }

        pub(super) fn end(&self) {
            if let Some(line) = self.replace(None) {
                line.finish_and_clear();
            }
        }

        fn replace(&self, line: Option<ProgressBar>) -> Option<ProgressBar> {
            std::mem::replace(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner), line)
        }
    }

    /// On a thread of its own: some browsers are only done when they are closed. Where there is none the link is on
    /// the screen already.
    pub(super) fn open_browser(url: String) {
        let opening = std::thread::Builder::new().name("browser".to_owned());
        let _ = opening.spawn(move || {
            if let Err(error) = webbrowser::open(&url) {
                tracing::debug!(%error, "no browser was opened");
            }
        });
    }
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
        };
        assert_eq!(
            instruction(&request),
            "To log in, open this page in any browser:\n\n  https://idp.example/device[2J\n\nand enter the code ABCD-1234\n"
        );
        request.verification_uri_complete = Some("https://idp.example/device?code=AB\rCD-1234");
        let said = instruction(&request);
        assert!(said.contains("\n  https://idp.example/device?code=ABCD-1234\n"), "{said}");
        assert!(said.contains("enter ABCD-1234\n") && !said.contains("/device["), "{said}");
    }
}
