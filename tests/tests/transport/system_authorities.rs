//! Whom a connection trusts that names no authorities: those of the system, or of OpenSSL's variables in their place.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{env, fs, path::Path};

use auth_runtime::{Authenticator, flow::ClientCredentials};
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::AuthenticatedCallsClient,
    canary::Canary,
    certificates::Certificates,
    guard::within_reason,
    peer::{Answer, Peer},
    process::alone,
    token_endpoint::TokenEndpoint,
};

/// A client in a process of its own, with another environment. What it does it prints.
#[tokio::test]
async fn with_other_authorities() {
    let Ok(endpoint) = env::var("TEST_ENDPOINT") else { return };
    let flow = ClientCredentials::new("me", env::var("TEST_SECRET").unwrap());
    let authenticator = Authenticator::builder(endpoint)
        .flow(flow.token_url(env::var("TEST_TOKEN_URL").unwrap()))
        .login_first(true)
        .build()
        .unwrap();
    let login = authenticator.login().await.map(drop).map_err(|error| error.kind());
    println!("login: {login:?}");
    let channel = authenticator.connect().await.map_err(|error| error.kind());
    println!("connection: {:?}", channel.as_ref().map(drop));
    if let Ok(channel) = channel {
        println!("call: {:?}", call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.code());
    }
}

/// A folder as OpenSSL reads it: each authority in a file whose name is a hash and a number.
fn folder_of(authority: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(authority, folder.path().join("01234567.0")).unwrap();
    folder
}

#[tokio::test]
async fn grpc_and_oauth_trust_the_authorities_that_openssls_variables_name() {
    const ALL_WELL: [&str; 3] = ["login: Ok(())", "connection: Ok(())", "call: Ok"];
    const NEITHER: [&str; 2] = ["login: Err(Untrusted)", "connection: Err(Untrusted)"];
    let canary = Canary::new();
    let (certificates, others) = (Certificates::naming(&["localhost"]), Certificates::naming(&["localhost"]));
    let (secret, token) = (canary.secret(), canary.secret());
    let provider = TokenEndpoint::issuing_over_tls(&certificates, "me", &secret, 600, move || token.clone());
    let peer = Peer::start(|exchange| exchange.run(Answer::message(&numbered(2))));
    let endpoint = format!("https://localhost:{}", certificates.in_front_of(peer.address()).await.port());
    let folder = folder_of(certificates.authority_file().as_ref());
    let (file, folder) = (certificates.authority_file(), folder.path());
    let other = others.authority_file();
    for (variable, expected) in [
        (Some(("SSL_CERT_FILE", file.as_path())), &ALL_WELL[..]),
        (Some(("SSL_CERT_DIR", folder)), &ALL_WELL),
        (Some(("SSL_CERT_FILE", &other)), &NEITHER),
        (None, &NEITHER),
    ] {
        let mut client = alone(module_path!(), "with_other_authorities");
        client.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").envs(variable);
        client.env("TEST_ENDPOINT", &endpoint).env("TEST_TOKEN_URL", provider.url_as("localhost"));
        let output = within_reason("a process", client.env("TEST_SECRET", &secret).output()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        for line in expected {
            assert!(said.contains(line), "{variable:?}: {line} is not in {said}");
        }
    }
    canary.check();
}
