//! From arguments, or else from Flyte's own configuration, to clients.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use auth_runtime::{
    Authenticator, TerminalPrompt,
    flow::ClientCredentials,
    flyte::{AuthType, Config, Connector, LoginStore},
};

use super::arguments::ConnectionArguments;
use crate::{Connection, Flyte, exit::UsageError};

/// The clients, their login, and where it is kept.
pub(super) struct Session {
    pub(super) flyte: Flyte,
    pub(super) authenticator: Authenticator,
    /// Of people's logins: others are not kept.
    pub(super) logins: Option<LoginStore>,
}

impl Session {
    /// Says on standard error what somebody should know who has just logged in, such as that the login is in a file.
    pub(super) fn tell(&self) {
        if let Some(notice) = self.logins.as_ref().and_then(LoginStore::take_notice) {
            eprintln!("note: {notice}");
        }
    }
}

pub(super) fn connect(arguments: &ConnectionArguments) -> anyhow::Result<Session> {
    let Some(endpoint) = arguments.endpoint.as_deref() else {
        return connect_as_configured(arguments);
    };
    let connection = Connection { client: client(arguments)?, ..connection(arguments, endpoint) };
    let (flyte, authenticator) = connection.open().with_context(|| format!("cannot use the endpoint {endpoint}"))?;
    Ok(Session { flyte, authenticator, logins: None })
}

/// Without a client.
fn connection(arguments: &ConnectionArguments, endpoint: &str) -> Connection {
    Connection {
        endpoint: endpoint.to_owned(),
        client: None,
        ca_file: arguments.ca_file.clone(),
        allow_plaintext: arguments.insecure,
        login_on_permission_denied: !arguments.no_login_on_permission_denied,
    }
}

/// The settings of the Flyte that the arguments name, else of the configured one.
pub(super) fn settings(arguments: &ConnectionArguments) -> anyhow::Result<Config> {
    match arguments.endpoint.as_deref() {
        Some(endpoint) => {
            // That it has its secret is checked as for other commands.
            let is_client = client(arguments)?.is_some();
            let config = connection(arguments, endpoint).config();
            Ok(if is_client { with_client(config, arguments) } else { config })
        }
        None => with_endpoint(as_argued(Config::load().context("cannot read Flyte's configuration")?, arguments)),
    }
}

fn with_client(config: Config, arguments: &ConnectionArguments) -> Config {
    config
        .with_auth_type(AuthType::ClientSecret)
        .with_client_id(arguments.client_id.clone())
        .with_client_secret_env_var(arguments.client_secret_env.clone())
        .with_scopes(arguments.scopes.clone())
}

fn with_endpoint(config: Config) -> anyhow::Result<Config> {
    anyhow::ensure!(
        config.endpoint().value().is_some(),
        "no Flyte to talk to: add --endpoint https://.., or set one in ~/.flyte/config.yaml or FLYTE_PLATFORM_URL \
         (`flyte-admin serve` starts one to try this with)"
    );
    Ok(config)
}

fn connect_as_configured(arguments: &ConnectionArguments) -> anyhow::Result<Session> {
    let config = with_endpoint(configuration(arguments)?)?;
    let connection = Connector::new(config)
        .keep_logins(LoginStore::new())
        .prompt(TerminalPrompt::new().open_browser(true).show_progress(io::stdout().is_terminal()))
        .adjust(|settings| settings.login_command("flyte-admin login"))
        .connect_lazy()
        .context("cannot connect as configured")?;
    let logins = connection.login_store().cloned();
    Ok(Session { flyte: connection.client(), authenticator: connection.authenticator(), logins })
}

fn as_argued(config: Config, arguments: &ConnectionArguments) -> Config {
    match arguments.no_login_on_permission_denied {
        true => config.with_login_on_permission_denied(false),
        false => config,
    }
}

/// Flyte's own configuration. What is doubtful about it is told on standard error.
pub(super) fn configuration(arguments: &ConnectionArguments) -> anyhow::Result<Config> {
    let config = Config::load().context("cannot read Flyte's configuration")?;
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(as_argued(config, arguments))
}

fn client(arguments: &ConnectionArguments) -> anyhow::Result<Option<ClientCredentials>> {
    let client = match (&arguments.client_id, &arguments.client_secret_env) {
        (Some(id), Some(variable)) => ClientCredentials::secret_from_env(id, variable),
        (Some(_), None) => {
            return Err(UsageError("a client needs its secret: add --client-secret-env NAME_OF_A_VARIABLE").into());
        }
        (None, Some(_)) => return Err(UsageError("whose secret is that? Add --client-id").into()),
        (None, None) => return Ok(None),
    };
    let scopes = &arguments.scopes;
    Ok(Some(if scopes.is_empty() { client } else { client.scopes(scopes) }))
}
