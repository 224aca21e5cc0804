//! The prompt of programs that run on a terminal.

use std::io::Write as _;

use super::{DeviceCodePrompt, LoginPrompt};

/// Writes to the error output what to do, so that a program's own output stays clean.
///
/// With the feature `interactive` it also opens the browser, and shows on a terminal that it waits.
#[derive(Debug, Default)]
pub struct TerminalPrompt {
    _private: (),
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
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        say(&instruction(request));
    }
}

fn instruction(request: &DeviceCodePrompt<'_>) -> String {
    match request.verification_uri_complete {
        Some(complete) => format!(
            "To log in, open this page in any browser:\n\n  {complete}\n\nIf it asks for a code, enter {}\n",
            request.user_code
        ),
        None => format!(
            "To log in, open this page in any browser:\n\n  {}\n\nand enter the code {}\n",
            request.verification_uri, request.user_code
        ),
    }
}

/// A closed error output is no reason to fail: the person may have another way to see what to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
