//! What a person is told of a login. All words of others are plain text already, and no longer than a line or two.

use std::time::Duration;

/// Whom a login is with, and what the server has to say in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoginSubject<'a> {
    pub(crate) provider: &'a str,
    pub(crate) server: &'a str,
    pub(crate) servers_choice: &'a ServersChoice,
}

/// What a person needs for a login in a browser on this machine.
///
/// Both URLs lead to the same login by way of this program. Each is good for this login and one browser: a second browser
/// that opens the same one ends the login, because it may be somebody else's. They belong on a screen, not in a log.
///
/// [`LoginPrompt`](crate::LoginPrompt) has an example.
#[derive(Debug, Clone, Copy)]
pub struct BrowserPrompt<'a> {
    pub(crate) opened_url: &'a str,
    pub(crate) shown_url: &'a str,
    pub(crate) subject: LoginSubject<'a>,
}

impl<'a> BrowserPrompt<'a> {
    /// The page that a program opens. Other users of this machine can read it from the arguments of the browser.
    pub fn opened_url(&self) -> &'a str {
        self.opened_url
    }

    /// The page that a person is shown, who may open it in a browser of their choice.
    pub fn shown_url(&self) -> &'a str {
        self.shown_url
    }

    /// The host of the provider that the person logs in to.
    pub fn provider(&self) -> &'a str {
        self.subject.provider
    }

    /// The server that wants the login.
    pub fn server(&self) -> &'a str {
        self.subject.server
    }

    /// What the server has chosen for the login.
    pub fn servers_choice(&self) -> &'a ServersChoice {
        self.subject.servers_choice
    }
}

/// What a person needs for a login on another device (RFC 8628 section 3.2).
///
/// [`LoginPrompt`](crate::LoginPrompt) has an example.
#[derive(Debug, Clone, Copy)]
pub struct DeviceCodePrompt<'a> {
    pub(crate) verification_uri: &'a str,
    pub(crate) verification_uri_complete: Option<&'a str>,
    pub(crate) user_code: &'a str,
    pub(crate) expires_in: Duration,
    pub(crate) subject: LoginSubject<'a>,
}

impl<'a> DeviceCodePrompt<'a> {
    /// The page to open, short enough to type.
    pub fn verification_uri(&self) -> &'a str {
        self.verification_uri
    }

    /// The page with the code already in it, where the provider has one: for a link or a QR code.
    pub fn verification_uri_complete(&self) -> Option<&'a str> {
        self.verification_uri_complete
    }

    /// The code to enter.
    pub fn user_code(&self) -> &'a str {
        self.user_code
    }

    /// How long the code is good for.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The host of the provider that the person logs in to.
    pub fn provider(&self) -> &'a str {
        self.subject.provider
    }

    /// The server that wants the login.
    pub fn server(&self) -> &'a str {
        self.subject.server
    }

    /// What the server has chosen for the login.
    pub fn servers_choice(&self) -> &'a ServersChoice {
        self.subject.servers_choice
    }
}

/// What the server, and not the user, has chosen for a login: whoever logs in grants this to it.
///
/// Empty where all of it is set locally.
///
/// ```
/// use auth_runtime::{BrowserPrompt, ServersChoice};
///
/// fn warned(request: &BrowserPrompt<'_>) -> bool {
///     let choice: &ServersChoice = request.servers_choice();
///     choice.scopes().iter().any(|scope| scope == "admin")
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServersChoice {
    pub(crate) client_id: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) audience: Option<String>,
    pub(crate) redirect_uri: Option<String>,
}

impl ServersChoice {
    /// The client as which the program asks.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The scopes that are asked for.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The audience that the token is for.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Where the browser comes back to, on this machine.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }
}

/// What is no longer as it was at the last login at a server.
///
/// ```
/// use auth_runtime::ProviderChange;
///
/// fn question(change: &ProviderChange<'_>) -> String {
///     let mut text = format!("{} has changed how people log in to it:", change.server());
///     for (what, was, now) in change.changes() {
///         text.push_str(&format!("\n{what}: was {was}, is now {now}"));
///     }
///     text + "\nIs that right?"
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ProviderChange<'a> {
    pub(crate) server: &'a str,
    pub(crate) changes: &'a [Change],
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) what: &'static str,
    pub(crate) was: String,
    pub(crate) now: String,
}

impl<'a> ProviderChange<'a> {
    /// The server that wants the login.
    pub fn server(&self) -> &'a str {
        self.server
    }

    /// What has changed, what it was, and what it is now.
    pub fn changes(&self) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> + use<'a> {
        self.changes.iter().map(|change| (change.what, &*change.was, &*change.now))
    }
}

/// How a login ended.
///
/// ```
/// use auth_runtime::LoginEnd;
///
/// fn line(end: &LoginEnd<'_>) -> String {
///     match (end.succeeded(), end.person()) {
///         (true, Some(person)) => format!("welcome, {person}"),
///         (true, None) => "welcome".to_owned(),
///         (false, _) => "you are not logged in".to_owned(),
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LoginEnd<'a> {
    pub(crate) succeeded: bool,
    pub(crate) person: Option<&'a str>,
}

impl<'a> LoginEnd<'a> {
    /// Whether there are credentials.
    pub fn succeeded(&self) -> bool {
        self.succeeded
    }

    /// Who has logged in, where the provider says so. Nothing is verified: it is for the person to see, not to decide by.
    pub fn person(&self) -> Option<&'a str> {
        self.person
    }
}
