//! From arguments, or else from Flyte's own configuration, to clients.

use anyhow::Context as _;
use auth_runtime::{
    Authenticator, TerminalPrompt,
    flow::ClientCredentials,
    flyte::{Config, Connector, LoginStore},
};

use super::{arguments::ConnectionArguments, endpoint::endpoint_url};
use crate::{Connection, Flyte};

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
        return connect_as_configured();
    };
    let connection = Connection {
        endpoint: endpoint_url(endpoint, arguments.insecure),
        client: client(arguments)?,
        ca_file: arguments.ca_file.clone(),
        allow_plaintext: arguments.insecure,
    };
    let (flyte, authenticator) = connection.open().with_context(|| format!("cannot use the endpoint {endpoint}"))?;
    Ok(Session { flyte, authenticator, logins: None })
}

fn connect_as_configured() -> anyhow::Result<Session> {
    let config = configuration()?;
    anyhow::ensure!(
        config.endpoint().value().is_some(),
        "no Flyte to talk to: add --endpoint https://.., or set one in ~/.flyte/config.yaml or FLYTE_PLATFORM_URL \
         (`flyte-admin serve` starts one to try this with)"
    );
    let connection = Connector::new(config)
        .keep_logins(LoginStore::new())
        .prompt(TerminalPrompt::new().open_browser(true).show_progress(true))
        .adjust(|settings| settings.login_command("flyte-admin login"))
        .connect_lazy()
        .context("cannot connect as configured")?;
    let logins = connection.login_store().cloned();
    Ok(Session { flyte: connection.client(), authenticator: connection.authenticator(), logins })
}

/// Flyte's own configuration. What is doubtful about it is told on standard error.
pub(super) fn configuration() -> anyhow::Result<Config> {
    let config = Config::load().context("cannot read Flyte's configuration")?;
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(config)
}

fn client(arguments: &ConnectionArguments) -> anyhow::Result<Option<ClientCredentials>> {
    let client = match (&arguments.client_id, &arguments.client_secret_env) {
        (Some(id), Some(variable)) => ClientCredentials::secret_from_env(id, variable),
        (Some(_), None) => anyhow::bail!("a client needs its secret: add --client-secret-env NAME_OF_A_VARIABLE"),
        (None, Some(_)) => anyhow::bail!("whose secret is that? Add --client-id"),
        (None, None) => return Ok(None),
    };
    let scopes = &arguments.scopes;
    Ok(Some(if scopes.is_empty() { client } else { client.scopes(scopes) }))
}
