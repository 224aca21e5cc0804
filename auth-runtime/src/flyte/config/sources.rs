//! Where the configuration is looked for.

use std::{ffi::OsString, fmt, path::PathBuf, sync::Arc};

use super::Config;
use crate::AuthError;

type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Names files of the working directory that may set everything, each from the root on.
pub(super) const TRUST_VARIABLE: &str = "FLYTE_TRUSTED_CONFIG";

/// Where settings come from: this process's environment and Flyte's usual files, unless something else is said.
///
/// ```no_run
/// use auth_runtime::flyte::ConfigSources;
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let config = ConfigSources::new().file("/etc/flyte/config.yaml").load()?;
/// println!("{}", config.endpoint().origin());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ConfigSources {
    pub(super) file: Option<PathBuf>,
    pub(super) directory: PathBuf,
    pub(super) home: Option<PathBuf>,
    pub(super) trusted: Vec<PathBuf>,
    variables: Variables,
}

impl Default for ConfigSources {
    fn default() -> Self {
        Self::new()
    }
}

impl ConfigSources {
    /// This process's environment, working directory and home directory.
    pub fn new() -> Self {
        Self {
            file: None,
            directory: PathBuf::new(),
            home: std::env::home_dir(),
            trusted: Vec::new(),
            variables: Arc::new(|name| std::env::var_os(name)),
        }
    }

    /// This file, and no other of those that are shared with Flyte's tools. It is believed wherever it is.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Looks there instead of in the working directory, and for the repository that it is in.
    #[must_use]
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = path.into();
        self
    }

    /// Looks for `.flyte/` and `.union/` there instead of in the home directory.
    #[must_use]
    pub fn home(mut self, path: impl Into<PathBuf>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// Believes a file of the working directory as if it were in the home directory: it may run programs, name secrets, and
    /// say where they are sent. The path must be absolute, so that it means one file and not one in each directory.
    /// `FLYTE_TRUSTED_CONFIG` does the same.
    #[must_use]
    pub fn trusted_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.trusted.push(path.into());
        self
    }

    /// Takes variables from there instead of from the environment. Also the one that `clientSecretEnvVar` names.
    #[must_use]
    pub fn variables(mut self, variables: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.variables = Arc::new(variables);
        self
    }

    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a file that is not there although it was named, cannot be read or is
    /// malformed, for a value of the wrong type, and for one that a file of the working directory may not set, with file,
    /// line and key; values are never in it.
    pub fn load(&self) -> Result<Config, AuthError> {
        Config::read(self, self.find()?)
    }

    /// The value of a variable that is set to something.
    pub(super) fn variable(&self, name: &str) -> Result<Option<String>, AuthError> {
        match (self.variables)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
            Some(Err(_)) => {
                Err(AuthError::configuration("environment", format!("the variable {name} is not UTF-8; set it anew")))
            }
        }
    }
}

/// Without the variables' values.
impl fmt::Debug for ConfigSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSources")
            .field("file", &self.file)
            .field("directory", &self.directory)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}
