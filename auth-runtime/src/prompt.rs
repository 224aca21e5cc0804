//! How a person is asked to log in, and whether one may be asked at all.

#[cfg(feature = "interactive")]
mod browser;
#[cfg(feature = "oauth")]
mod guard;
mod interactivity;
#[cfg(feature = "interactive")]
mod progress;
pub(crate) mod terminal;

use std::time::Duration;

#[cfg(feature = "oauth")]
pub(crate) use self::guard::PromptGuard;
pub(crate) use self::interactivity::Interactivity;
pub use self::terminal::TerminalPrompt;

/// Shows a person what to do to log in.
///
/// The default is [`TerminalPrompt`]; a program with windows, or a test, brings its own with
/// [`prompt`](crate::AuthenticatorBuilder::prompt). A login shows one thing, and says with
/// [`finished`](Self::finished) when it can be taken away again, however it ended.
///
/// The methods must not block: the login goes on while they are shown.
///
/// ```
/// use auth_runtime::{DeviceCodePrompt, LoginPrompt};
///
/// struct Banner;
///
/// impl LoginPrompt for Banner {
///     fn browser(&self, url: &str) {
///         println!("please open {url}");
///     }
///
///     fn device_code(&self, request: &DeviceCodePrompt<'_>) {
///         println!("please open {} and enter {}", request.verification_uri, request.user_code);
///     }
/// }
/// ```
pub trait LoginPrompt: Send + Sync + 'static {
    /// A page has to be opened in a browser on this machine. The URL is only good for this login; it belongs on a
    /// screen, not in a log.
    fn browser(&self, url: &str);

    /// A page has to be opened in a browser on any machine, and a code entered there.
    fn device_code(&self, request: &DeviceCodePrompt<'_>);

    /// The person need do nothing more: the login succeeded, failed, or was given up.
    fn finished(&self, succeeded: bool) {
        let _ = succeeded;
    }
}

/// What a person needs for a login on another device (RFC 8628 section 3.2).
///
/// [`LoginPrompt`] has an example.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DeviceCodePrompt<'a> {
    /// The page to open, short enough to type.
    pub verification_uri: &'a str,
    /// The page with the code already in it, where the provider has one: for a link or a QR code.
    pub verification_uri_complete: Option<&'a str>,
    /// The code to enter.
    pub user_code: &'a str,
    /// How long the code is good for.
    pub expires_in: Duration,
}

/// Whether a person may be asked to log in.
///
/// The environment variable [`NON_INTERACTIVE_VARIABLE`] forbids it whatever is chosen here: where a program runs is
/// known to those who run it.
///
/// ```
/// use auth_runtime::{Authenticator, Interaction};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator =
///     Authenticator::builder("https://flyte.example.com").interaction(Interaction::Never).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interaction {
    /// If the program's error output is a terminal.
    #[default]
    Auto,
    /// Never: no browser, no listener, no prompt. A login that would need a person fails with
    /// [`AuthErrorKind::InteractionNeeded`](crate::AuthErrorKind::InteractionNeeded).
    Never,
    /// Also without a terminal, for programs that show a [`LoginPrompt`] of their own.
    Always,
}

/// Set to anything but nothing, `0`, `false` or `no`, this environment variable forbids asking a person: for pods and
/// CI. [`non_interactive_variable`](crate::AuthenticatorBuilder::non_interactive_variable) adds another.
pub const NON_INTERACTIVE_VARIABLE: &str = "AUTH_NON_INTERACTIVE";
