//! How far a file of the working directory is believed.
//!
//! Whoever writes a repository or an archive decides what stands in it, and nobody looks before a program is run there. Such
//! a file may say where Flyte is and what a person is then asked, who sees it. It may not use what the user has: run
//! programs, name secrets, say where they are sent. More needs a yes that names the file.

use std::path::{Path, PathBuf};

use super::{
    AuthType, Config, Origin, key,
    key::Key,
    sources::{ConfigSources, TRUST_VARIABLE},
};
use crate::{AuthError, net::destination::is_loopback};

/// What such a file may set.
const MAY_SET: [Key; 14] = [
    key::ENDPOINT,
    key::AUTH_TYPE,
    key::CLIENT_ID,
    key::PUBLIC_CLIENT_ID,
    key::SCOPES,
    key::AUDIENCE,
    key::USE_AUDIENCE_FROM_ADMIN,
    key::PKCE_TIMEOUT,
    key::DEVICE_TIMEOUT,
    key::TOKEN_REFRESH_WINDOW,
    key::MAX_MESSAGE_SIZE,
    key::DISABLE_KEYRING,
    key::LOGIN_ON_PERMISSION_DENIED,
    key::ORGANIZATION,
];

/// What it may set for an endpoint on this machine.
const MAY_SET_FOR_LOOPBACK: [Key; 2] = [key::INSECURE, key::INSECURE_SKIP_VERIFY];

const OF_THE_PROGRAM: &str = "what a flow of the program's own brings";

/// # Errors
///
/// For a setting that such a file may not have.
pub(super) fn check_key(name: &'static str, path: &Path, line: usize) -> Result<(), AuthError> {
    let allowed = MAY_SET.iter().chain(&MAY_SET_FOR_LOOPBACK).map(|key| key.name);
    let without_effect = key::WITHOUT_EFFECT.iter().map(|(key, _)| key.name);
    match allowed.chain(without_effect).any(|allowed| allowed == name) {
        true => Ok(()),
        false => Err(refuse(
            name,
            path,
            Some(line),
            "no file of the working directory, or of one that others can write to, may set it",
        )),
    }
}

fn refuse(name: &'static str, path: &Path, line: Option<usize>, reason: &str) -> AuthError {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let shown = path.display();
    AuthError::configuration(
        name,
        format!(
            "{reason} ({shown}{line}), as anybody may have written that file; set it in a variable, or trust the file: \
             set {TRUST_VARIABLE}={shown}"
        ),
    )
}

impl Config {
    /// Whether only a file of the working directory says so.
    pub(crate) fn is_nearby(&self, origin: &Origin) -> bool {
        self.nearby_file(origin).is_some()
    }

    fn nearby_file<'a>(&self, origin: &'a Origin) -> Option<(&'a Path, usize)> {
        match origin {
            Origin::File { path, line } if self.nearby.contains(path) => Some((path, *line)),
            _ => None,
        }
    }

    /// # Errors
    ///
    /// Where such a file leaves an endpoint beyond this machine without protection.
    pub(super) fn check_unprotected(&self) -> Result<(), AuthError> {
        let [insecure, unverified] = MAY_SET_FOR_LOOPBACK;
        for (key, setting) in [(insecure, &self.insecure), (unverified, &self.insecure_skip_verify)] {
            if let Some((path, line)) = self.nearby_file(setting.origin())
                && *setting.value()
                && !self.endpoint_is_loopback()
            {
                let reason = "a file of the working directory may set it for an endpoint on this machine alone";
                return Err(refuse(key.name, path, Some(line), reason));
            }
        }
        Ok(())
    }

    fn endpoint_is_loopback(&self) -> bool {
        let url = self.endpoint_url().and_then(|url| url.parse::<http::Uri>().ok());
        url.is_some_and(|url| url.host().is_some_and(is_loopback))
    }

    /// What a connection is about to do: the program may have changed the endpoint meanwhile.
    ///
    /// # Errors
    ///
    /// Where such a file leaves it without protection, or where what the user has would go to an endpoint that only such a
    /// file names.
    pub(crate) fn check_nearby(&self) -> Result<(), AuthError> {
        self.check_unprotected()?;
        let what = match self.auth_type.value() {
            _ if !self.proxy_command.value().is_empty() => "the token of admin.proxyCommand",
            AuthType::Pkce | AuthType::DeviceFlow | AuthType::None => return Ok(()),
            AuthType::ClientSecret => "the client's secret",
            AuthType::ExternalCommand => "the token of admin.command",
            AuthType::Passthrough => "the credentials of a call",
            AuthType::Custom(_) => OF_THE_PROGRAM,
        };
        self.check_endpoint(what)
    }

    /// # Errors
    ///
    /// The same for a flow that the program gives in place of the configured one.
    pub(crate) fn check_flow_of_program(&self) -> Result<(), AuthError> {
        self.check_endpoint(OF_THE_PROGRAM)
    }

    fn check_endpoint(&self, what: &str) -> Result<(), AuthError> {
        let Some((path, line)) = self.nearby_file(self.endpoint.origin()) else { return Ok(()) };
        let reason =
            format!("only a file of the working directory names this endpoint, so that {what} is not sent to it");
        Err(refuse(key::ENDPOINT.name, path, Some(line), &reason))
    }
}

impl ConfigSources {
    /// Whether a file lies beside those of the working directory, or of the repository that it is in.
    pub(super) fn lies_nearby(&self, file: &Path) -> bool {
        let Some(parent) = file.parent() else { return false };
        let folders = [Some(self.working_directory()), self.git_root()].into_iter().flatten();
        folders.flat_map(|folder| [folder.join(".flyte"), folder]).any(|folder| is_same(parent, &folder))
    }

    /// Whether a file is one of the user's own, where somebody may be at work, or one that the user trusts by name.
    pub(super) fn is_believed(&self, file: &Path) -> bool {
        self.is_at_home(file) || self.is_trusted(file)
    }

    /// Whether a file lies where the user's own do.
    pub(super) fn is_at_home(&self, file: &Path) -> bool {
        let in_home = |parent: &Path| self.home_folders().any(|folder| is_same(parent, &folder));
        file.parent().is_some_and(in_home)
    }

    fn home_folders(&self) -> impl Iterator<Item = PathBuf> {
        self.home.iter().flat_map(|home| [".flyte", ".union"].map(|folder| home.join(folder)))
    }

    /// Whether the user names this file, from the root on.
    fn is_trusted(&self, file: &Path) -> bool {
        let named = self.variable(TRUST_VARIABLE).ok().flatten().unwrap_or_default();
        let named: Vec<PathBuf> = std::env::split_paths(&named).collect();
        named.iter().chain(&self.trusted).any(|trusted| trusted.is_absolute() && is_same(trusted, file))
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
