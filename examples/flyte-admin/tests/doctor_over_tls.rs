//! `flyte-admin doctor` against a Flyte behind an ingress with TLS: certificates, proxies, clocks.

use std::path::PathBuf;

use flyte_admin::{
    server::{FlyteServer, WireShape},
    token_endpoint::{TokenEndpoint, TokenEndpointSettings},
};
use tests::{certificates::Certificates, http_proxy::HttpProxy, reserved_address::ReservedAddress};

use crate::{
    doctor::assert_line,
    front::{Behaviour, Front},
    home::{Home, text},
    stand_in::{CLIENT_ID, CLIENT_SECRET, server},
};

/// gRPC and HTTP at one address, as behind an ingress.
struct Ingress {
    authority: PathBuf,
    /// Host and port.
    address: String,
    front: Front,
    tokens: TokenEndpoint,
    server: FlyteServer,
    _certificates: Certificates,
}

impl Ingress {
    async fn new(host: &str, certificates: Certificates) -> Self {
        let mut front = Front::new();
        let tls = certificates.saying(&[b"h2", b"http/1.1"], front.address()).await;
        let address = format!("{host}:{}", tls.port());
        let settings = TokenEndpointSettings {
            public_origin: Some(format!("https://{address}")),
            redirect_uri: "http://localhost:0/callback".into(),
            ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into())
        };
        let tokens = TokenEndpoint::start(settings).await.unwrap();
        let server = server(&tokens, WireShape::HeadersThenTrailers, true).await;
        front.behave(Behaviour::Passes { grpc: server.address(), http: tokens.address() }).await;
        Self { authority: certificates.authority_file(), address, front, tokens, server, _certificates: certificates }
    }

    async fn on_this_machine() -> Self {
        Self::new("127.0.0.1", Certificates::naming(&["127.0.0.1"])).await
    }

    /// What is said to those who trust its authority.
    async fn examine(&self, variables: &[(&str, &str)]) -> (i32, String) {
        self.examine_trusting(&self.authority, variables).await
    }

    async fn examine_trusting(&self, authority: &std::path::Path, variables: &[(&str, &str)]) -> (i32, String) {
        let home = Home::with_config(&format!(
            "  endpoint: dns:///{}\n  authType: Pkce\n  caCertFilePath: {}\n",
            self.address,
            authority.display()
        ));
        let output = home.run(&["doctor"], &[&[("FLYTE_ADMIN_LOGINSTORE", "file")], variables].concat()).await;
        assert_eq!(text(&output.stderr), "");
        (output.status.code().unwrap(), text(&output.stdout))
    }

    /// Nothing that anybody could have logged in with was asked for.
    fn assert_left_alone(&self) {
        assert_eq!(self.tokens.requests(), 0);
    }
}

#[tokio::test]
async fn all_is_well_behind_an_authority_of_ones_own() {
    let flyte = Ingress::on_this_machine().await;
    let (code, said) = flyte.examine(&[]).await;
    assert_eq!(code, 0, "{said}");
    let origin = format!("https://{}", flyte.address);
    assert_line(&said, "ok", "TLS", &format!("trusted by {}", flyte.authority.display()));
    assert_line(&said, "ok", "HTTP", &format!("names the issuer {origin}"));
    assert_line(&said, "ok", "provider", "as its endpoints are at the server's own origin");
    assert_line(&said, "ok", "metadata", &format!("{origin}/.well-known/oauth-authorization-server: logins in"));
    assert_line(&said, "ok", "header key", "flyte-authorization, as the server says");
    assert_line(&said, "ok", "clock", "as the server's");
    assert_line(&said, "look", "login", "there is none");
    flyte.assert_left_alone();
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_trusted_and_says_what_to_set() {
    let flyte = Ingress::on_this_machine().await;
    let other = Certificates::naming(&["127.0.0.1"]);
    let (code, said) = flyte.examine_trusting(&other.authority_file(), &[]).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", &format!("the certificate of https://{} is not trusted", flyte.address));
    assert_line(&said, "wrong", "gRPC", "admin.caCertFilePath");
    flyte.assert_left_alone();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_with_its_names() {
    let flyte = Ingress::new("127.0.0.1", Certificates::naming(&["flyte.example"])).await;
    let (code, said) = flyte.examine(&[]).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", "is for flyte.example, and not for 127.0.0.1");
}

#[tokio::test]
async fn a_certificate_beyond_its_time_is_told_with_this_machines_clock() {
    for (from, until, words) in
        [(1975, 2000, "has expired on Sat, 01 Jan 2000"), (4000, 4096, "is not valid yet, but from Sat, 01 Jan 4000")]
    {
        let flyte = Ingress::new("127.0.0.1", Certificates::with_years(&["127.0.0.1"], from, until)).await;
        let (code, said) = flyte.examine(&[]).await;
        assert_eq!(code, 5, "{said}");
        assert_line(&said, "wrong", "gRPC", words);
        assert_line(&said, "wrong", "gRPC", "clock of this machine");
    }
}

#[tokio::test]
async fn a_clock_that_is_hours_away_is_wrong_and_says_by_how_much() {
    const EARLIER: &str = "HTTP/1.1 200 OK\r\ndate: Sat, 01 Jan 2000 00:00:00 GMT\r\ncontent-length: 2\r\n\r\n{}";
    const LATER: &str = "HTTP/1.1 200 OK\r\ndate: Fri, 01 Jan 2100 00:00:00 GMT\r\ncontent-length: 2\r\n\r\n{}";
    for (answer, words) in [(EARLIER, "s ahead of the server; set the clock"), (LATER, "s behind the server; set the")]
    {
        let mut flyte = Ingress::on_this_machine().await;
        let mut http = Front::new();
        http.behave(Behaviour::Answers(answer)).await;
        flyte.front.behave(Behaviour::Passes { grpc: flyte.server.address(), http: http.address() }).await;
        let (code, said) = flyte.examine(&[]).await;
        assert_eq!(code, 1, "{said}");
        assert_line(&said, "wrong", "clock", words);
        assert_line(&said, "look", "HTTP", "answers, and not with a provider's metadata");
    }
}

#[tokio::test]
async fn a_proxy_on_the_way_is_named_and_taken_for_all() {
    let flyte = Ingress::new("flyte.example", Certificates::naming(&["flyte.example"])).await;
    let proxy = HttpProxy::open();
    let (code, said) = flyte.examine(&[("HTTPS_PROXY", &proxy.url())]).await;
    assert_eq!(code, 0, "{said}");
    assert_line(&said, "ok", "proxy", &format!("to the server: {} (HTTPS_PROXY)", proxy.url()));
    assert_line(&said, "ok", "HTTP", "names the issuer https://flyte.example:");
    assert!(proxy.seen().iter().all(|seen| *seen == format!("CONNECT {}", flyte.address)), "{:?}", proxy.seen());
    flyte.assert_left_alone();
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through_is_named_with_what_to_write() {
    let flyte = Ingress::new("flyte.example", Certificates::naming(&["flyte.example"])).await;
    let proxy = HttpProxy::guarded("ada", "a password");
    let (code, said) = flyte.examine(&[("HTTPS_PROXY", &proxy.url())]).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", &format!("the proxy {}, which comes from HTTPS_PROXY", proxy.url()));
    assert_line(&said, "wrong", "gRPC", "write user and password into its URL");
    let (code, said) = flyte.examine(&[("HTTPS_PROXY", &proxy.url_with("ada:a%20password"))]).await;
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("a%20password") && !said.contains("a password"), "{said}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_from_a_server_that_is_not() {
    let flyte = Ingress::new("flyte.example", Certificates::naming(&["flyte.example"])).await;
    let reserved = ReservedAddress::new();
    let nobody = format!("http://{reserved}");
    let (code, said) = flyte.examine(&[("HTTPS_PROXY", &nobody)]).await;
    assert_eq!(code, 5, "{said}");
    assert_line(&said, "wrong", "gRPC", &format!("no answer from the proxy {nobody}"));
}

#[tokio::test]
async fn an_ingress_that_passes_http_on_and_no_grpc_is_told() {
    let mut flyte = Ingress::on_this_machine().await;
    flyte.front.behave(Behaviour::Passes { grpc: flyte.tokens.address(), http: flyte.tokens.address() }).await;
    let (code, said) = flyte.examine(&[]).await;
    assert_eq!(code, 1, "{said}");
    assert_line(&said, "wrong", "gRPC", "the response is not gRPC: HTTP status 404");
    assert_line(&said, "ok", "HTTP", "names the issuer");
    assert_line(&said, "look", "gRPC", "the ingress passes HTTP on and not gRPC");
}

#[tokio::test]
async fn a_server_without_authentication_needs_nothing_but_its_authority() {
    let mut flyte = Ingress::on_this_machine().await;
    let address = (std::net::Ipv4Addr::LOCALHOST, 0).into();
    let open = FlyteServer::start_without_authentication(address).await.unwrap();
    flyte.front.behave(Behaviour::Passes { grpc: open.address(), http: flyte.tokens.address() }).await;
    let (code, said) = flyte.examine(&[]).await;
    assert_eq!(code, 0, "{said}");
    assert_line(&said, "ok", "login wanted", "no login needed");
    assert!(!said.contains("contract") && !said.contains("provider  "), "{said}");
}
