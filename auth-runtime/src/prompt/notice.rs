//! What a person is told of a login beside what to do.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::plain_text::plain_text;

/// What a person may wonder about in a login: [`LoginPrompt::notice`](crate::LoginPrompt::notice) is told. `Display` says
/// it on one line.
///
/// ```
/// use auth_runtime::{BrowserPrompt, DeviceCodePrompt, LoginNotice, LoginPrompt};
///
/// struct Banner;
///
/// impl LoginPrompt for Banner {
///     fn notice(&self, notice: &LoginNotice<'_>) {
///         println!("{notice}");
///     }
/// #   fn browser(&self, _: &BrowserPrompt<'_>) {}
/// #   fn device_code(&self, _: &DeviceCodePrompt<'_>) {}
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum LoginNotice<'a> {
    /// Another program is logging in to the same server, or refreshes its login, and this one waits for it.
    #[non_exhaustive]
    WaitsForAnotherProgram {
        /// The server that the login is for.
        server: &'a str,
        /// How long it waits.
        at_most: Duration,
    },
    /// The person is logged in, in this program alone: the login could not be stored, and another program, or the next
    /// run of this one, asks again.
    #[non_exhaustive]
    NotStored {
        /// The server that the login is for.
        server: &'a str,
        /// Why.
        reason: &'a (dyn StdError + Send + Sync + 'static),
    },
}

impl fmt::Display for LoginNotice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::WaitsForAnotherProgram { server, at_most } => {
                format!("Another program is logging in to {server}; waiting for it, for {at_most:?} at most.")
            }
            Self::NotStored { server, reason } => {
                // A store's error says its causes so.
                format!(
                    "This login to {server} could not be stored, and other programs have to log in again: {reason:#}"
                )
            }
        };
        f.write_str(&plain_text(&text))
    }
}
