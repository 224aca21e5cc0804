//! How a person is asked to log in, and whether one may be asked at all.

#[cfg(feature = "interactive")]
mod browser;
#[cfg(feature = "oauth")]
mod guard;
mod interactivity;
mod notice;
#[cfg(feature = "interactive")]
mod progress;
#[cfg(feature = "oauth")]
mod question;
mod request;
pub(crate) mod terminal;

use std::{future::Future, pin::Pin};

#[cfg(feature = "oauth")]
pub(crate) use self::guard::{PromptGuard, agrees};
pub(crate) use self::interactivity::Interactivity;
#[cfg(feature = "oauth")]
pub(crate) use self::request::{Change, LoginSubject};
pub use self::{
    notice::LoginNotice,
    request::{BrowserPrompt, DeviceCodePrompt, LoginEnd, ProviderChange, ServersChoice},
    terminal::TerminalPrompt,
};

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
///         println!("please open {}", request.shown_url());
///     }
///
///     fn device_code(&self, request: &DeviceCodePrompt<'_>) {
///         println!("please open {} and enter {}", request.verification_uri(), request.user_code());
///     }
/// }
/// ```
pub trait LoginPrompt: Send + Sync + 'static {
    /// A page has to be opened in a browser on this machine.
    fn browser(&self, request: &BrowserPrompt<'_>);

    /// A page has to be opened in a browser on any machine, and a code entered there.
    fn device_code(&self, request: &DeviceCodePrompt<'_>);

    /// The server names another provider than at the last login, or asks for something else: whether the person agrees.
    /// It may be a server that somebody else has taken over. A prompt that does not ask refuses, and the login fails with
    /// the setting that allows it.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the login is given up or its timeout is over.
    fn provider_changed<'a>(
        &'a self,
        change: &'a ProviderChange<'a>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let _ = change;
        Box::pin(std::future::ready(false))
    }

    /// Something that the person may wonder about, and need not answer: another program is at a login already, or the
    /// login could not be stored. It may come before anything else is shown, or after [`finished`](Self::finished).
    fn notice(&self, notice: &LoginNotice<'_>) {
        let _ = notice;
    }

    /// The person need do nothing more: the login succeeded, failed, or was given up.
    fn finished(&self, end: &LoginEnd<'_>) {
        let _ = end;
    }
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
