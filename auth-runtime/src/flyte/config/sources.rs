//! Where the configuration is looked for.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Config, document::Document};
use crate::AuthError;

type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// For flytekit's own use; it comes before [`FILE_VARIABLE`].
const OVERRIDE_VARIABLE: &str = "_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE";
const FILE_VARIABLE: &str = "FLYTECTL_CONFIG";

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
    file: Option<PathBuf>,
    directory: PathBuf,
    home: Option<PathBuf>,
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
            variables: Arc::new(|name| std::env::var_os(name)),
        }
    }

    /// This file and no other.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Looks for `flytekit.config` there instead of in the working directory.
    #[must_use]
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = path.into();
        self
    }

    /// Looks for `.flyte/` there instead of in the home directory.
    #[must_use]
    pub fn home(mut self, path: impl Into<PathBuf>) -> Self {
        self.home = Some(path.into());
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
    /// malformed, and for a value of the wrong type, with file, line and key; values are never in it.
    pub fn load(&self) -> Result<Config, AuthError> {
        let document = self.find_file()?.map(|path| Document::read(&path)).transpose()?;
        Config::read(self, document.as_ref())
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

    /// flytekit's order. Where a file is named but is not there flytekit takes the next one, which may be another
    /// installation's: here that is an error.
    fn find_file(&self) -> Result<Option<PathBuf>, AuthError> {
        if let Some(path) = &self.file {
            return Ok(Some(path.clone()));
        }
        for variable in [OVERRIDE_VARIABLE, FILE_VARIABLE] {
            if let Some(path) = self.variable(variable)? {
                if Path::new(&path).exists() {
                    return Ok(Some(path.into()));
                }
                return Err(AuthError::configuration(
                    "configuration file",
                    format!("{path}, which the variable {variable} names, is not there; correct or unset it"),
                ));
            }
        }
        let usual = self.home.as_deref().map(|home| home.join(".flyte"));
        let usual = usual.into_iter().flat_map(|folder| [folder.join("config"), folder.join("config.yaml")]);
        Ok([self.directory.join("flytekit.config")].into_iter().chain(usual).find(|path| path.is_file()))
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
