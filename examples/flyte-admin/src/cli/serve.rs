//! `flyte-admin serve`.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context as _;

use super::{
    arguments::{ConnectionArguments, ServeArguments},
    secret,
};
use crate::{
    server::{FlyteServer, FlyteServerSettings, WireShape},
    token_endpoint::{Provider, TokenEndpoint, TokenEndpointSettings},
};

pub(super) async fn serve(
    connection: &ConnectionArguments,
    arguments: &ServeArguments,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let address = loopback(arguments.port);
    if arguments.without_authentication {
        let server = FlyteServer::start_without_authentication(address).await.context("cannot start the server")?;
        writeln!(output, "server          {}", server.endpoint())?;
        return wait(output).await;
    }
    let (Some(client_id), Some(variable)) = (&connection.client_id, &connection.client_secret_env) else {
        anyhow::bail!(
            "the server needs a client to know: add --client-id and --client-secret-env, or --without-authentication"
        );
    };
    let settings = TokenEndpointSettings {
        address: loopback(arguments.token_port),
        token_lifetime: Duration::from_secs(arguments.token_lifetime),
        provider: if arguments.external_provider { Provider::External } else { Provider::FlytesOwn },
        ..TokenEndpointSettings::new(client_id, secret::from_environment(variable)?)
    };
    let token_endpoint = TokenEndpoint::start(settings).await.context("cannot start the token endpoint")?;
    let rejections = if arguments.late_rejections { WireShape::HeadersThenTrailers } else { WireShape::TrailersOnly };
    let settings = FlyteServerSettings {
        address,
        guards_streams: !arguments.open_streams,
        rejections,
        ..FlyteServerSettings::new()
    };
    let server = FlyteServer::start(settings, &token_endpoint).await.context("cannot start the server")?;
    writeln!(output, "server          {}", server.endpoint())?;
    writeln!(output, "token endpoint  {}", token_endpoint.url())?;
    wait(output).await
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

async fn wait(output: &mut impl Write) -> anyhow::Result<()> {
    writeln!(output, "Ctrl-C ends it")?;
    output.flush()?;
    tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")
}
