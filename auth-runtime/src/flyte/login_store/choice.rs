//! Which places a person or a program leaves out.

use super::LoginStore;
use crate::AuthError;

/// The environment variable that names the place for logins: `keyring`, `file` or `memory`. flytectl up to 1.15 refuses a
/// configuration file with a key that it does not know, so this is no key of that file.
pub const LOGIN_STORE_VARIABLE: &str = "FLYTE_ADMIN_LOGINSTORE";

impl LoginStore {
    /// With what the variable says. Without a value nothing is left out.
    ///
    /// # Errors
    ///
    /// For a value that names no place.
    pub(in crate::flyte) fn chosen(self, value: Option<&str>) -> Result<Self, AuthError> {
        match value.map(str::trim).map(str::to_ascii_lowercase).as_deref() {
            None | Some("") => Ok(self),
            Some("keyring") => Ok(self.without_files()),
            Some("file" | "files") => Ok(self.without_keyring()),
            Some("memory") => Ok(self.without_keyring().without_files()),
            Some(other) => Err(AuthError::configuration(
                LOGIN_STORE_VARIABLE,
                format!("`{}` is no place for logins; use keyring, file or memory", other.escape_debug()),
            )),
        }
    }
}
