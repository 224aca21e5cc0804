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
/// use auth_runtime::{BrowserPrompt, DeviceCodePrompt, LoginPrompt};
///
/// struct Banner;
///
/// impl LoginPrompt for Banner {
///     fn browser(&self, request: &BrowserPrompt<'_>) {
///         println!("please open {}", request.shown_url);
///     }
///
///     fn device_code(&self, request: &DeviceCodePrompt<'_>) {
///         println!("please open {} and enter {}", request.verification_uri, request.user_code);
///     }
/// }
/// ```
pub trait LoginPrompt: Send + Sync + 'static {
    /// A page has to be opened in a browser on this machine.
    fn browser(&self, request: &BrowserPrompt<'_>);

    /// A page has to be opened in a browser on any machine, and a code entered there.
    fn device_code(&self, request: &DeviceCodePrompt<'_>);

    /// The person need do nothing more: the login succeeded, failed, or was given up.
    fn finished(&self, succeeded: bool) {
        let _ = succeeded;
    }
}

/// What a person needs for a login in a browser on this machine.
///
/// Both URLs lead to the same login by way of this program. Each is good for this login and one browser: a second browser
/// that opens the same one ends the login, because it may be somebody else's. They belong on a screen, not in a log.
///
/// [`LoginPrompt`] has an example.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct BrowserPrompt<'a> {
    /// The page that a program opens. Other users of this machine can read it from the arguments of the browser.
    pub opened_url: &'a str,
    /// The page that a person is shown, who may open it in a browser of their choice.
    pub shown_url: &'a str,
    /// The host of the provider that the person logs in to.
    pub provider: &'a str,
    /// The server that wants the login.
    pub server: &'a str,
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
    /// The host of the provider that the person logs in to.
    pub provider: &'a str,
    /// The server that wants the login.
    pub server: &'a str,
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
