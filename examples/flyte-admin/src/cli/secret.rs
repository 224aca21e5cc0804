//! The client's secret: never on the command line, where other processes see it.

use std::env;

use anyhow::Context as _;
use secrecy::SecretString;

/// Reads the secret from the environment variable `name`.
pub(super) fn from_environment(name: &str) -> anyhow::Result<SecretString> {
    env::var(name)
        .map(SecretString::from)
        .with_context(|| format!("cannot read the client's secret: set the environment variable {name}"))
}
