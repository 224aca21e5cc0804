//! connect-go, which serves gRPC through Go's own HTTP/2 server.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use counterparts::{Provider, Server, Visit, tool, visit};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_in_plaintext_and_over_tls() {
    let provider = Provider::start().await;
    let connect_go = || Command::new(tool("connect-go"));
    for server in [Server::start(&mut connect_go()).await, Server::start_over_tls(&mut connect_go()).await] {
        visit(&server.counterpart, &provider, Visit::WHOLE, |number| server.revoke(number)).await;
    }
}
