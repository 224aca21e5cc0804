//! A home directory and an environment of a test's own.

use std::{collections::BTreeMap, ffi::OsString, fs, path::PathBuf, sync::Arc};

use auth_runtime::{
    AuthError,
    flyte::{Config, ConfigSources, EffectiveSetting, Origin},
};
use tempfile::TempDir;
use tests::{
    canary::{self, Canary},
    peer::Tokens,
    token_endpoint::TokenEndpoint,
};

/// A provider whose one client is `my-service`, and whose tokens are accepted where these are.
pub(crate) fn provider(canary: &Arc<Canary>, tokens: &Tokens, secret: &str, lifetime: u64) -> TokenEndpoint {
    let (canary, tokens) = (Arc::clone(canary), tokens.clone());
    TokenEndpoint::issuing("my-service", secret, lifetime, move || {
        let token = canary.secret();
        tokens.accept(&token);
        token
    })
}

/// Nothing of this process's environment or home directory is seen.
pub(crate) struct Surroundings {
    folder: TempDir,
    variables: BTreeMap<String, OsString>,
    file: Option<PathBuf>,
    directory: &'static str,
    trusted: Vec<PathBuf>,
}

impl Surroundings {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            variables: BTreeMap::new(),
            file: None,
            directory: "work",
            trusted: Vec::new(),
        }
    }

    /// With a `config.yaml` that is named explicitly.
    pub(crate) fn with_yaml(text: &str) -> Self {
        let mut surroundings = Self::new();
        surroundings.file = Some(surroundings.write("config.yaml", text));
        surroundings
    }

    /// Writes a file; `home/` and `work/` are where the usual files are looked for.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn set(mut self, variable: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(variable.to_owned(), value.into());
        self
    }

    /// The program runs there, and not in `work`.
    pub(crate) fn running_in(mut self, directory: &'static str) -> Self {
        fs::create_dir_all(self.path(directory)).unwrap();
        self.directory = directory;
        self
    }

    /// The program trusts a file.
    pub(crate) fn trusting(mut self, path: impl Into<PathBuf>) -> Self {
        self.trusted.push(path.into());
        self
    }

    pub(crate) fn load(&self) -> Result<Config, AuthError> {
        let variables = self.variables.clone();
        let mut sources = ConfigSources::new()
            .home(self.path("home"))
            .directory(self.path(self.directory))
            .variables(move |name| variables.get(name).cloned());
        for trusted in &self.trusted {
            sources = sources.trusted_file(trusted);
        }
        if let Some(file) = &self.file {
            sources = sources.file(file);
        }
        let loaded = sources.load();
        canary::observe(&loaded);
        loaded
    }

    pub(crate) fn config(&self) -> Config {
        self.load().unwrap()
    }

    /// What is said about settings that cannot be used.
    pub(crate) fn complaint(&self) -> String {
        let error = self.load().unwrap_err();
        canary::observe_error(&error);
        error.to_string()
    }
}

/// One effective setting.
pub(crate) fn effective(config: &Config, key: &str) -> EffectiveSetting {
    let found = config.effective().into_iter().find(|setting| setting.key() == key);
    found.unwrap_or_else(|| panic!("{key} is not among the effective settings"))
}

/// The line of a setting from a file.
pub(crate) fn line(origin: &Origin) -> Option<usize> {
    match origin {
        Origin::File { line, .. } => Some(*line),
        _ => None,
    }
}
