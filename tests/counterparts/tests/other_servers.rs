//! Servers in other languages.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use counterparts::{Kind, Provider, Rejection, Server, Visit, at_once, call, descriptors, here, tool, visit};
use tokio::process::Command;

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(tool("node").join(script)).arg(descriptors());
    command
}

fn python(script: &str) -> Command {
    let mut command = Command::new(tool("venv/bin/python"));
    command.arg(here().join("python").join(script)).arg(descriptors());
    command
}

async fn visited(server: &Server, provider: &Provider) {
    visit(&server.counterpart, provider, Visit::WHOLE, |number| server.revoke(number)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpcio() {
    let provider = Provider::start().await;
    let server = Server::start(&mut python("grpcio_server.py")).await;
    visited(&server, &provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_js() {
    let provider = Provider::start().await;
    let server = Server::start(&mut node("grpc_js.mjs")).await;
    visited(&server, &provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connect_node() {
    let provider = Provider::start().await;
    let server = Server::start(&mut node("connect.mjs")).await;
    visited(&server, &provider).await;
}

/// Node's HTTP/2 closes the connection of a client that resets more than about a thousand calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_rejected_calls_stay_below_nodes_limit_of_resets() {
    for script in ["grpc_js.mjs", "connect.mjs"] {
        let provider = Provider::start().await;
        let server = Server::start(&mut node(script)).await;
        // Sessions one after the other over one connection: one alone would soon ask for tokens more slowly.
        let channel = server.counterpart.authenticator(&provider).connect().await.unwrap().anonymous().clone();
        for _ in 0..4 {
            let client = server.counterpart.client_over(&provider, channel.clone());
            call(&client, Kind::Unary, Rejection::Early).await.unwrap();
            for _ in 0..2 {
                server.revoke(provider.revoke()).await;
                let failed = at_once(&client, 250).await;
                assert!(failed.is_empty(), "{script}: {failed:#?}");
            }
        }
        server.process.tell("seen").await;
        let seen = server.process.says("seen ").await;
        let (connections, resets) = seen.split_once(' ').unwrap();
        assert_eq!(connections, "1", "{script}, with {resets} resets");
        // Of the calls that each script rejects, only these may be reset: with a request that is still open, when a page
        // comes that has not ended with its head.
        let open_behind_a_page = if script == "connect.mjs" { 4 * 2 * 250 / 12 + 8 } else { 0 };
        assert!(resets.parse::<usize>().unwrap() <= open_behind_a_page, "{script}: {resets}");
        assert_eq!(provider.logins(), 12);
    }
}
