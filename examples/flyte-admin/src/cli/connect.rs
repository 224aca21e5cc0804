//! From arguments, or else from Flyte's own configuration, to clients.

use anyhow::Context as _;
use auth_runtime::{
    Authenticator, TerminalPrompt,
    flow::ClientCredentials,
    flyte::{Config, Connector, SharedKeyring},
};

use super::{arguments::ConnectionArguments, endpoint::endpoint_url};
use crate::{Connection, Flyte};

pub(super) fn connect(arguments: &ConnectionArguments) -> anyhow::Result<Flyte> {
    connect_with_session(arguments).map(|(flyte, _)| flyte)
}

/// The clients and their login.
pub(super) fn connect_with_session(arguments: &ConnectionArguments) -> anyhow::Result<(Flyte, Authenticator)> {
    let Some(endpoint) = arguments.endpoint.as_deref() else {
        return connect_as_configured();
    };
    let connection = Connection {
        endpoint: endpoint_url(endpoint, arguments.insecure),
        client: client(arguments)?,
        ca_file: arguments.ca_file.clone(),
        allow_plaintext: arguments.insecure,
    };
    connection.open().with_context(|| format!("cannot use the endpoint {endpoint}"))
}

fn connect_as_configured() -> anyhow::Result<(Flyte, Authenticator)> {
    let config = configuration()?;
    anyhow::ensure!(
        config.endpoint().value().is_some(),
        "no Flyte to talk to: add --endpoint https://.., or set one in ~/.flyte/config.yaml or FLYTE_PLATFORM_URL \
         (`flyte-admin serve` starts one to try this with)"
    );
    let connection = Connector::new(config)
        .keyring(SharedKeyring::new())
        .prompt(TerminalPrompt::new().open_browser(true).show_progress(true))
        .adjust(|settings| settings.login_command("flyte-admin login"))
        .connect_lazy()
        .context("cannot connect as configured")?;
    Ok((connection.client(), connection.authenticator()))
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
