//! A server elsewhere that sends requests to servers of this machine (RFC 9700 section 4.11).

use auth_runtime::{Authenticator, ServerDetails, flow::ClientCredentials};
use serde_json::json;
use tests::{
    canary::{self, Canary},
    identity_provider::CLIENT_ID,
    token_endpoint::TokenEndpoint,
};

use crate::world::{Published, World};

#[tokio::test]
async fn a_server_elsewhere_names_no_endpoint_of_this_machine_and_one_of_this_machine_does() {
    let canary = Canary::new();
    let secret = canary.secret();
    for (server, reached) in
        [("https://flyte.test", false), ("http://flyte.test", false), ("https://127.0.0.1:8443", true)]
    {
        for issuer in ["", "http://127.0.0.1:9", "https://idp.test"] {
            let local = TokenEndpoint::issuing("client", &secret, 600, || "token".to_owned());
            let url = local.url_as("localhost");
            for url in [url.clone(), format!("{url}?command=harm")] {
                let details = ServerDetails::new().with_token_endpoint(&url).with_issuer(issuer);
                let authenticator = Authenticator::builder(server)
                    .allow_plaintext(true)
                    .flow(ClientCredentials::new("client", &secret))
                    .discovery(Published(details))
                    // Nobody is there: names below `.test` lead nowhere.
                    .http_proxy("http://127.0.0.1:9")
                    .build()
                    .unwrap();
                drop(authenticator.login().await);
            }
            assert!(local.requests().is_empty(), "{server} {issuer}, by way of a proxy that is not there");
            for (url, reaches) in [(url.clone(), reached), (format!("{url}?command=harm"), false)] {
                let before = local.requests().len();
                let details = ServerDetails::new().with_token_endpoint(&url).with_issuer(issuer);
                let authenticator = Authenticator::builder(server)
                    .allow_plaintext(true)
                    .flow(ClientCredentials::new("client", &secret))
                    .discovery(Published(details))
                    .build()
                    .unwrap();
                assert_eq!(authenticator.login().await.is_ok(), reaches, "{server} {issuer} {url}");
                assert_eq!(local.requests().len() - before, usize::from(reaches), "{server} {issuer} {url}");
            }
        }
    }
}

/// An issuer of the attacker's speaks for the endpoint, so that nothing else is wrong with it.
#[tokio::test]
async fn an_issuer_elsewhere_names_no_endpoint_of_this_machine_either() {
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]", "localhost."] {
        let world = World::new();
        let secret = world.login.canary.secret();
        let local = TokenEndpoint::issuing(CLIENT_ID, &secret, 600, || "token".to_owned());
        let url = local.url_as(host);
        let evil = world.attacker.url("");
        world.attacker.says(json!({ "issuer": evil, "token_endpoint": url }));
        let details = ServerDetails::new().with_issuer(&evil).with_token_endpoint(&url);
        let victim = world.client(ClientCredentials::new(CLIENT_ID, secret), details).build().unwrap();
        let outcome = victim.login().await;
        canary::observe(&outcome);
        assert!(local.requests().is_empty(), "{host}");
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("is on this machine, which the server is not"), "{host}: {error}");
    }
}

#[tokio::test]
async fn an_endpoint_of_this_machine_that_is_set_locally_is_used() {
    let canary = Canary::new();
    let secret = canary.secret();
    let local = TokenEndpoint::issuing("client", &secret, 600, || "token".to_owned());
    let url = format!("{}?policy=mine", local.url());
    let flow = ClientCredentials::new("client", &secret).token_url(url);
    let authenticator = Authenticator::builder("https://flyte.test").flow(flow).build().unwrap();
    authenticator.login().await.unwrap();
}
