//! Where a client secret comes from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};

use crate::{AuthError, limits, user_file};

const SETTING: &str = "client secret";

/// A source of the client secret. Files and the environment are read at each login, so that a rotated secret is used
/// without a restart.
#[derive(Clone)]
pub(super) enum ClientSecret {
    Value(SecretString),
    File(PathBuf),
    Environment(String),
}

impl ClientSecret {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where it is missing or malformed.
    pub(super) async fn read(&self) -> Result<SecretString, AuthError> {
        let secret = match self {
            Self::Value(secret) => secret.clone(),
            Self::File(path) => {
                let (path, shown) = (path.clone(), path.display());
                user_file::on_a_thread(move || read_file(&path)).await.map_err(|error| {
                    AuthError::configuration(SETTING, format!("{shown} cannot be read ({error}); try again"))
                })??
            }
            Self::Environment(variable) => match std::env::var(variable) {
                Ok(value) => stripped(&value),
                Err(std::env::VarError::NotPresent) => {
                    return Err(AuthError::configuration(
                        SETTING,
                        format!("the environment variable {variable} is not set; set it"),
                    ));
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(AuthError::configuration(
                        SETTING,
                        format!("the environment variable {variable} is not UTF-8; set it anew"),
                    ));
                }
            },
        };
        if secret.expose_secret().is_empty() {
            return Err(AuthError::configuration(SETTING, format!("{self} is empty; put the client secret there")));
        }
        Ok(secret)
    }
}

fn read_file(path: &Path) -> Result<SecretString, AuthError> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        let reason = match error.kind() {
            std::io::ErrorKind::FileTooLarge => {
                format!("{shown} has more than {} bytes; is it the right file?", limits::MAX_SECRET_BYTES)
            }
            _ => format!("{shown} cannot be read ({error}); is the path right, and may this process read it?"),
        };
        AuthError::configuration(SETTING, reason)
    };
    let content = user_file::read(path, limits::MAX_SECRET_BYTES).map_err(unreadable)?;
    let text = String::from_utf8(content)
        .map(Zeroizing::new)
        .map_err(|_| AuthError::configuration(SETTING, format!("{shown} is not UTF-8; is it the right file?")))?;
    Ok(stripped(&text))
}

/// Editors and `echo` put a line break behind it, people copy blanks along: no part of the secret, also for flytekit.
fn stripped(text: &str) -> SecretString {
    SecretString::from(text.trim())
}

/// Where it is, never what it is.
impl fmt::Display for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("the given value"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Environment(variable) => write!(f, "the environment variable {variable}"),
        }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
