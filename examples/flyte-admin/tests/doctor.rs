//! `flyte-admin doctor` against servers of this process.

use std::{net::Ipv4Addr, time::SystemTime};

use auth_runtime::{
    Credentials, CredentialsStore as _,
    store::{FileStore, StoreKey},
};
use flyte_admin::{
    server::{FlyteServer, WireShape},
    token_endpoint::{Provider, TokenEndpoint, TokenEndpointSettings},
};
use serde_json::Value;
use tests::reserved_address::ReservedAddress;
use tokio::net::TcpListener;

use crate::{
    front::{Front, UNAVAILABLE},
    home::{Home, text},
    stand_in::{CLIENT_ID, CLIENT_SECRET, server, token_endpoint},
};

/// The exit code, and what it says. It says nothing on the side: nobody is asked anything.
async fn examine(home: &Home) -> (i32, String) {
    let output = home.run(&["doctor"], &[("FLYTE_ADMIN_LOGINSTORE", "file")]).await;
    assert_eq!(text(&output.stderr), "");
    (output.status.code().unwrap(), text(&output.stdout))
}

fn person(endpoint: &str) -> Home {
    Home::with_config(&format!("  endpoint: {endpoint}\n  authType: Pkce\n"))
}

/// That a line has the level, the check, and somewhere behind them the words.
pub(crate) fn assert_line(said: &str, level: &str, check: &str, words: &str) {
    let begins = format!("{level:<5}  {check:<13}  ");
    assert!(
        said.lines().any(|line| line.starts_with(&begins) && line.contains(words)),
        "{level} {check} {words}: {said}"
    );
}

async fn external_provider() -> TokenEndpoint {
    let provider = Provider::External;
    let redirect_uri = "http://localhost:0/callback".into();
    TokenEndpoint::start(TokenEndpointSettings {
        provider,
        redirect_uri,
        ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into())
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn all_is_well_with_flytes_own_provider_and_with_another_however_calls_are_rejected() {
    for (tokens, shape) in [
        (token_endpoint().await, WireShape::TrailersOnly),
        (token_endpoint().await, WireShape::HeadersThenTrailers),
        (external_provider().await, WireShape::TrailersOnly),
        (external_provider().await, WireShape::HeadersThenTrailers),
    ] {
        let server = server(&tokens, shape, true).await;
        let home = person(&server.endpoint());
        let (code, said) = examine(&home).await;
        assert_eq!(code, 0, "{said}");
        assert_line(&said, "ok", "configuration", &format!("{}/.flyte/config.yaml:2", home.path().display()));
        assert_line(&said, "ok", "proxy", "to the provider: none");
        assert_line(&said, "ok", "TLS", "on this machine");
        assert_line(&said, "ok", "login wanted", "says how");
        assert_line(&said, "ok", "HTTP", "but at the issuer");
        assert_line(&said, "ok", "provider", &format!("the server names: issuer {}", tokens.issuer().identifier()));
        assert_line(&said, "ok", "provider", "believed: people log in at 127.0.0.1:");
        assert_line(&said, "ok", "metadata", "PKCE");
        assert_line(&said, "ok", "header key", "flyte-authorization, as the server says");
        assert_line(&said, "ok", "clock", "as the server's");
        assert_line(&said, "look", "login", "there is none");
        for sent in ["nothing", "garbage", "no scheme"] {
            assert_line(&said, "ok", "contract", &format!("{sent}: rejected, in flyteadmin 1.16's words"));
        }
        assert_line(&said, "ok", "contract", "the client for people, with garbage as token: client flytectl");
        assert_line(&said, "ok", "contract", "where device logins begin: none, as of flyteadmin 1.16");
        let own = tokens.issuer().provider() == Provider::FlytesOwn;
        if own {
            assert_line(&said, "ok", "contract", "gRPC and HTTP: of two origins, as of flyteadmin 1.16");
            assert_line(&said, "ok", "contract", "OpenID's metadata over HTTP: HTTP 303");
        }
        assert_eq!(said.matches("flyteadmin 1.16  the same").count(), 6, "{said}");
        assert_eq!(said.matches("  flyteadmin 1.16  ").count(), 6, "{said}");
        // In plaintext, nobody says where the HTTP side is of a Flyte with another provider.
        let rows = if own { 17 } else { 10 };
        assert_eq!(said.lines().filter(|line| line.starts_with("ok     contract  ")).count(), rows, "{said}");
        assert!(said.contains("Not asked, as it takes a token: an expired token, "), "{said}");
    }
}

#[tokio::test]
async fn where_no_login_is_needed_nothing_is_said_of_providers() {
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let server = FlyteServer::start_without_authentication(address).await.unwrap();
    let (code, said) = examine(&person(&server.endpoint())).await;
    assert_eq!(code, 0, "{said}");
    assert_line(&said, "ok", "login wanted", "no login needed");
    assert!(!said.contains("provider") && !said.contains("contract"), "{said}");
}

#[tokio::test]
async fn nobody_listens_there() {
    let nobody = ReservedAddress::new();
    let (code, said) = examine(&person(&format!("http://{nobody}"))).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", "Connection refused");
    assert!(!said.contains("ConnectError"), "{said}");
}

#[tokio::test]
async fn tls_is_spoken_to_a_port_without() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let (code, said) = examine(&person(&server.endpoint().replace("http:", "https:"))).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", "does not speak TLS; check the port, or write http:// instead");
}

/// Where HTTP lives and no gRPC: with HTTP/1.1 alone, and with HTTP/2 as well.
#[tokio::test]
async fn a_web_server_is_told_from_a_grpc_server() {
    let mut web = Front::new();
    web.behave(UNAVAILABLE).await;
    let (code, said) = examine(&person(&format!("http://{}", web.address()))).await;
    assert_eq!(code, 5, "{said}");
    assert_line(
        &said,
        "wrong",
        "gRPC",
        "speaks HTTP/1.1 and not HTTP/2, so that no gRPC call can reach it; check the port",
    );

    let tokens = token_endpoint().await;
    let (code, said) = examine(&person(&format!("http://{}", tokens.address()))).await;
    assert_eq!(code, 1, "{said}");
    assert_line(&said, "wrong", "gRPC", "the response is not gRPC: HTTP status 404");
    assert_line(&said, "ok", "HTTP", "names the issuer");
    assert_line(&said, "look", "gRPC", "this is the port of Flyte's HTTP side; without TLS, gRPC has one of its own");
}

#[tokio::test]
async fn a_provider_is_not_believed_that_has_the_metadata_of_another_issuer() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let issuer = format!("{}/people", tokens.issuer().origin().replace("127.0.0.1", "localhost"));
    let admin = format!("  endpoint: {}\n  authType: Pkce\n", server.endpoint());
    let home = Home::with_config(&admin);
    let variables = [("FLYTE_ADMIN_LOGINSTORE", "file"), ("FLYTE_ADMIN_ISSUER", &issuer)];
    let output = home.run(&["doctor"], &variables).await;
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_line(&said, "wrong", "provider", &format!("a login would be refused: FLYTE_ADMIN_ISSUER: `{issuer}`"));
    let other = format!("of the issuer {}/people", tokens.issuer().origin());
    assert_line(&said, "look", "metadata", &other);
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_a_finding() {
    let (code, said) = examine(&Home::with_config("  endpoint: http://127.0.0.1:1\n  authType: ClientSecret\n")).await;
    assert_eq!(code, 1, "{said}");
    assert_line(&said, "wrong", "configuration", "admin.clientId: authType is ClientSecret, but no client is named");
}

#[tokio::test]
async fn no_secret_leaves_be_it_a_clients_or_a_stored_login() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let (code, said) = examine(&Home::for_endpoint(&server.endpoint())).await;
    assert_eq!(code, 0, "{said}");

    let home = person(&server.endpoint());
    let expired = Credentials::new("an-old-token").with_refresh_token("a-refresh-token");
    let expired = expired.with_expires_at(SystemTime::UNIX_EPOCH);
    let store = FileStore::new(home.path().join(".local/state/flyte/logins"));
    store.save(&StoreKey::new(server.endpoint(), "", "person"), &expired).await.unwrap();
    let (code, said) = examine(&home).await;
    assert_eq!(code, 0, "{said}");
    assert_line(&said, "ok", "login", "the token has expired and can be refreshed");
    assert!(!said.contains("an-old-token") && !said.contains("a-refresh-token"), "{said}");
    assert_eq!(tokens.requests(), 0);
}

#[tokio::test]
async fn where_people_may_not_be_asked_the_rest_is_still_told() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let output = person(&server.endpoint()).run(&["doctor"], &[("FLYTE_NON_INTERACTIVE", "1")]).await;
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_line(&said, "look", "provider", "a variable forbids logins of people here");
    assert_line(&said, "ok", "header key", "flyte-authorization");
}

#[tokio::test]
async fn a_port_that_another_login_has_is_worth_a_look() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let redirect_uri = format!("http://127.0.0.1:{port}/callback");
    let settings =
        TokenEndpointSettings { redirect_uri, ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into()) };
    let tokens = TokenEndpoint::start(settings).await.unwrap();
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let (code, said) = examine(&person(&server.endpoint())).await;
    assert_eq!(code, 0, "{said}");
    assert_line(&said, "look", "provider", &format!("a login would fail now: redirect_uri: port {port} is taken"));
}

#[tokio::test]
async fn programs_get_all_of_it_as_json() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let output = person(&server.endpoint()).run(&["doctor", "--output", "json"], &[]).await;
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["well"], &document["exit_code"]), (&true.into(), &0.into()));
    assert_eq!(document["endpoint"], server.endpoint());
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["check"] == "clock" && finding["level"] == "ok"), "{document}");
    let contract = document["contract"].as_array().unwrap();
    assert!(contract.len() == 17 && contract.iter().all(|row| row["same"] == true), "{document}");
}
