//! A program of its own that shares a store with others: the tests run several of it.
//!
//! It reads one command per line and answers each with one line, `ok` or `error: ..`:
//! `call` makes a call, `save` writes to the store. Warnings go to its error output.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a program that cannot go on fails its test"
)]

use std::io::{BufRead as _, Write as _};

use auth_runtime::{
    Authenticator, Credentials, Flow, Interaction,
    flow::Pkce,
    flyte::SharedKeyring,
    store::{CredentialsStore as _, FileStore},
};
use tests::{
    call::{Kind, call},
    calls::calls_client::AuthenticatedCallsClient,
    identity_provider::CLIENT_ID,
    warnings,
};
use tonic::{Code, transport::Endpoint};

#[tokio::main]
async fn main() {
    tracing::subscriber::set_global_default(warnings::Warnings).unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, token_url, directory] = &arguments[..] else { panic!("endpoint, token URL and store, please") };
    let flow = Pkce::new().client_id(CLIENT_ID).token_url(token_url).scopes(["all", "offline"]);
    let key = Flow::store_key(&flow, endpoint);
    let builder = Authenticator::builder(endpoint).flow(flow).interaction(Interaction::Never);
    let builder = match directory.as_str() {
        "keyring" => builder.store(SharedKeyring::new()),
        directory => builder.store(FileStore::new(directory)),
    };
    let authenticator = builder.build().unwrap();
    let channel = Endpoint::from_shared(endpoint.clone()).unwrap().connect_lazy();
    let client = AuthenticatedCallsClient::new(authenticator.over(channel));

    for command in std::io::stdin().lock().lines() {
        let answer = match command.unwrap().as_str() {
            "call" => {
                let outcome = call(&client, Kind::Unary).await;
                match outcome.code() {
                    Code::Ok => "ok".to_owned(),
                    code => format!("error: {code:?} {}", outcome.status().message()),
                }
            }
            "save" => {
                let long = Credentials::new("new".repeat(10_000)).with_refresh_token("new");
                match FileStore::new(directory).save(&key, &long).await {
                    Ok(()) => "ok".to_owned(),
                    Err(error) => format!("error: {error}"),
                }
            }
            _ => break,
        };
        println!("{answer}");
        std::io::stdout().flush().unwrap();
    }
}
