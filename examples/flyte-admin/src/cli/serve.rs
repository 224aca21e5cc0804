//! `flyte-admin serve`.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context as _;
use tokio::sync::mpsc;

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
        return wait(output, None).await;
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
    wait(output, arguments.commands.then_some(&token_endpoint)).await
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Obeys commands for this token endpoint, if there is one.
async fn wait(output: &mut impl Write, commanded: Option<&TokenEndpoint>) -> anyhow::Result<()> {
    writeln!(output, "Ctrl-C ends it")?;
    output.flush()?;
    let mut commands = commanded.map(|_| commands());
    loop {
        let command = async {
            match &mut commands {
                Some(commands) => commands.recv().await,
                None => None,
            }
        };
        tokio::select! {
            end = tokio::signal::ctrl_c() => return end.context("cannot wait for Ctrl-C"),
            Some(command) = command => {
                writeln!(output, "{}", obey(&command, commanded))?;
                output.flush()?;
            }
        }
    }
}

fn obey(command: &str, token_endpoint: Option<&TokenEndpoint>) -> &'static str {
    match (command, token_endpoint) {
        ("expire", Some(token_endpoint)) => {
            token_endpoint.tokens().expire_access_tokens();
            "expired"
        }
        _ => "not a command",
    }
}

/// The lines of the standard input. A thread of its own reads them, which the end of the program does not wait for.
fn commands() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
