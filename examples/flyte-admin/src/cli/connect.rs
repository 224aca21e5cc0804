//! From arguments to clients.

use anyhow::Context as _;
use auth_runtime::{Verify, flow::ClientCredentials};

use super::{arguments::ConnectionArguments, endpoint::endpoint_url};
use crate::{Connection, Flyte};

pub(super) fn connect(arguments: &ConnectionArguments) -> anyhow::Result<Flyte> {
    let endpoint = arguments
        .endpoint
        .as_deref()
        .context("no Flyte to talk to: add --endpoint https://.. (`flyte-admin serve` starts one to try this with)")?;
    let connection = Connection {
        endpoint: endpoint_url(endpoint, arguments.insecure),
        client: client(arguments)?,
        verify: arguments.ca_file.clone().map_or(Verify::System, Verify::CaFile),
        allow_plaintext: arguments.insecure,
    };
    let (flyte, _) = connection.open().with_context(|| format!("cannot use the endpoint {endpoint}"))?;
    Ok(flyte)
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
