//! Whom a server's certificate is from and for, and by which certificate a client is known.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, net::SocketAddr, sync::Arc};

use auth_runtime::{
    AuthError, AuthErrorKind, AuthenticatedChannel, Authenticator, AuthenticatorBuilder, ClientIdentity, Credentials,
    Discovery, ServerDetails, Verify, flow::ClientCredentials,
};
use serde_json::json;
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    certificates::Certificates,
    http_proxy::HttpProxy,
    identity_provider::IdentityProvider,
    peer::{Answer, Peer, Tokens},
    relay::Relay,
    token_endpoint::{self, TokenEndpoint},
    told::told,
};
use tonic::Code;

fn answering() -> Peer {
    Peer::start(|exchange| exchange.run(Answer::message(&numbered(2))))
}

fn builder(canary: &Canary, address: SocketAddr) -> AuthenticatorBuilder {
    Authenticator::builder(format!("https://{address}")).credentials(Credentials::new(canary.secret()))
}

async fn is_answered(channel: &AuthenticatedChannel) -> bool {
    call(&AuthenticatedCallsClient::new(channel.clone()), Kind::Unary).await.code() == Code::Ok
}

fn pem_of(certificates: &Certificates) -> Vec<u8> {
    fs::read(certificates.authority_file()).unwrap()
}

// === Of the server ===

#[tokio::test]
async fn an_authority_in_memory_is_as_good_as_one_in_a_file() {
    let canary = Canary::new();
    let (certificates, peer) = (Certificates::naming(&["127.0.0.1"]), answering());
    let address = certificates.in_front_of(peer.address()).await;
    let trusting = builder(&canary, address).verify(Verify::CaPem(pem_of(&certificates)));
    assert!(is_answered(&trusting.build().unwrap().connect().await.unwrap()).await);

    for (pem, expected) in [("", "holds no certificate"), ("-----BEGIN CERTIFICATE-----\nAAAA", "cannot be read")] {
        let authenticator = builder(&canary, address).verify(Verify::CaPem(pem.into())).build().unwrap();
        let error = authenticator.connect().await.unwrap_err();
        assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("verify")), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn the_servers_own_certificate_may_stand_in_the_file_whether_or_not_it_says_that_it_is_an_authority() {
    let canary = Canary::new();
    let peer = answering();
    for is_authority in [true, false] {
        let own = Certificates::self_signed(&["127.0.0.1", "flyte.example.test"], is_authority, 1975, 4096);
        let address = own.in_front_of(peer.address()).await;
        let trusting = |verify| builder(&canary, address).verify(verify);
        for verify in [Verify::CaFile(own.authority_file()), Verify::CaPem(pem_of(&own))] {
            let channel = trusting(verify).build().unwrap().connect().await.unwrap();
            assert!(is_answered(&channel).await, "{is_authority}");
        }
        // Its names and dates count all the same, and so does whose it is.
        let misnamed = trusting(Verify::CaFile(own.authority_file())).server_name("other.example.test");
        let another = Certificates::self_signed(&["127.0.0.1"], is_authority, 1975, 4096);
        for refused in [misnamed, trusting(Verify::CaFile(another.authority_file()))] {
            let error = refused.build().unwrap().connect().await.unwrap_err();
            assert_eq!(error.kind(), AuthErrorKind::Untrusted, "{is_authority}: {error}");
        }
        for (from, until) in [(2001, 2002), (4000, 4001)] {
            let dated = Certificates::self_signed(&["127.0.0.1"], is_authority, from, until);
            let address = dated.in_front_of(peer.address()).await;
            let refused = builder(&canary, address).verify(Verify::CaFile(dated.authority_file()));
            let error = refused.build().unwrap().connect().await.unwrap_err();
            assert_eq!(error.kind(), AuthErrorKind::Untrusted, "{is_authority}: {error}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_an_authority_signed_may_stand_in_the_file_itself() {
    let canary = Canary::new();
    let (certificates, peer) = (Certificates::naming(&["127.0.0.1"]), answering());
    let address = certificates.in_front_of(peer.address()).await;
    let leaf = Verify::CaPem(certificates.identity().0.into());
    assert!(is_answered(&builder(&canary, address).verify(leaf).build().unwrap().connect().await.unwrap()).await);
}

#[tokio::test]
async fn a_server_that_is_reached_under_another_name_can_be_expected_to_have_its_own() {
    let canary = Canary::new();
    let (certificates, peer) = (Certificates::naming(&["flyte.example.test"]), answering());
    let address = certificates.in_front_of(peer.address()).await;
    let trusting = || builder(&canary, address).verify(Verify::CaFile(certificates.authority_file()));
    let authenticator = trusting().server_name("flyte.example.test").build().unwrap();
    for channel in [authenticator.connect().await.unwrap(), authenticator.connect_lazy().unwrap()] {
        assert!(is_answered(&channel).await);
    }
    // The call still goes to the endpoint.
    assert_eq!(peer.requests()[0].uri.authority().unwrap().as_str(), address.to_string());

    let error = trusting().build().unwrap().connect().await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Untrusted, "{error}");
    let error = trusting().server_name("no name").build().unwrap().connect_lazy().unwrap_err();
    assert_eq!(error.setting(), Some("server_name"), "{error}");
}

#[tokio::test]
async fn a_file_of_authorities_that_changes_counts_for_the_next_connection_of_a_channel() {
    let canary = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authorities.pem");
    let (before, after) = (Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]));
    let peer = answering();
    let relay = Relay::to(before.in_front_of(peer.address()).await).await;
    fs::copy(before.authority_file(), &file).unwrap();
    let authenticator = builder(&canary, relay.address()).verify(Verify::CaFile(file.clone())).build().unwrap();
    let channel = authenticator.connect().await.unwrap();
    assert!(is_answered(&channel).await);

    // The server has another certificate, which the file does not know.
    relay.lead_to(after.in_front_of(peer.address()).await);
    let client = AuthenticatedCallsClient::new(channel.clone());
    let outcome = loop {
        let outcome = call(&client, Kind::Unary).await;
        // A call that was sent before the connection was seen to be cut is lost with it.
        if outcome.status().message().contains("certificate") {
            break outcome;
        }
    };
    assert_eq!(outcome.code(), Code::Unavailable, "{outcome:?}");

    fs::copy(after.authority_file(), &file).unwrap();
    assert!(is_answered(&channel).await);
}

// === Of the client ===

#[tokio::test]
async fn a_client_is_known_by_its_certificate_in_memory_or_in_files() {
    let canary = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let (file, key_file, both) = (folder.path().join("c.pem"), folder.path().join("c.key"), folder.path().join("both"));
    for certificates in [Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]).over_tls12()] {
        let (certificates, peer) = (certificates.wanting_a_clients(), answering());
        let address = certificates.in_front_of(peer.address()).await;
        let (certificate, key) = certificates.clients();
        fs::write(&file, certificate).unwrap();
        fs::write(&key_file, key).unwrap();
        fs::write(&both, format!("{key}{certificate}")).unwrap();
        for identity in [
            ClientIdentity::pem(certificate, key),
            ClientIdentity::files(&file, &key_file),
            ClientIdentity::files(&both, &both),
        ] {
            canary::observe(&identity);
            let trusting = builder(&canary, address).verify(Verify::CaFile(certificates.authority_file()));
            let authenticator = trusting.client_identity(identity).build().unwrap();
            for channel in [authenticator.connect().await.unwrap(), authenticator.connect_lazy().unwrap()] {
                assert!(is_answered(&channel).await);
            }
        }
    }
}

#[tokio::test]
async fn a_clients_files_that_change_count_for_the_next_connection_of_a_channel() {
    let canary = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let (file, key_file) = (folder.path().join("client.pem"), folder.path().join("client.key"));
    let write = |certificates: &Certificates| {
        let (certificate, key) = certificates.clients();
        fs::write(&file, certificate).unwrap();
        fs::write(&key_file, key).unwrap();
    };
    let wanting = || Certificates::naming(&["127.0.0.1"]).wanting_a_clients();
    let (before, after, peer) = (wanting(), wanting(), answering());
    let relay = Relay::to(before.in_front_of(peer.address()).await).await;
    write(&before);
    let trusting = [pem_of(&before), pem_of(&after)].concat();
    let authenticator = builder(&canary, relay.address())
        .verify(Verify::CaPem(trusting))
        .client_identity(ClientIdentity::files(&file, &key_file))
        .build()
        .unwrap();
    let channel = authenticator.connect().await.unwrap();
    assert!(is_answered(&channel).await);

    relay.lead_to(after.in_front_of(peer.address()).await);
    let client = AuthenticatedCallsClient::new(channel.clone());
    while !call(&client, Kind::Unary).await.status().message().contains("client certificate") {}
    write(&after);
    assert!(is_answered(&channel).await);
}

#[tokio::test]
async fn an_identity_that_cannot_be_used_is_an_error_before_anything_is_contacted_and_shows_no_key() {
    let canary = Canary::new();
    let (ours, others) = (Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]));
    let ((certificate, key), (_, other_key)) = (ours.clients(), others.clients());
    let secret = canary.secret();
    let broken = format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (identity, expected) in [
        (ClientIdentity::pem(certificate, other_key), "belong to each other"),
        (ClientIdentity::pem("", key), "no certificate"),
        (ClientIdentity::pem(certificate, ""), "no private key"),
        (ClientIdentity::pem(certificate, broken), "cannot be used together"),
        (ClientIdentity::pem(certificate, "-----BEGIN PRIVATE KEY-----\n?"), "damaged"),
        (ClientIdentity::pem(certificate, encrypted), "encrypted"),
        (ClientIdentity::files("/no/such/file", "/no/such/file"), "/no/such/file"),
    ] {
        let authenticator = builder(&canary, "127.0.0.1:1".parse().unwrap()).verify(Verify::InsecureSkip);
        let error = authenticator.client_identity(identity).build().unwrap().connect_lazy().unwrap_err();
        assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("client_identity")), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        canary::observe_error(&error);
    }
}

// === Of the client, at an identity provider ===

const IDP: &str = "idp.example.test";

struct Published(ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

/// A provider that lets in nobody whose certificate it does not see, and a client that has one.
struct Guarded {
    canary: Canary,
    provider: TokenEndpoint,
    secret: String,
    certificates: Certificates,
    /// It alone finds the provider: on this machine everything would be the server's own.
    proxy: HttpProxy,
}

impl Guarded {
    fn new() -> Self {
        let canary = Canary::new();
        let (secret, token) = (canary.secret(), canary.secret());
        let certificates = Certificates::naming(&[IDP]).wanting_a_clients();
        let provider = TokenEndpoint::issuing_over_tls(&certificates, "me", &secret, 600, move || token.clone());
        Self { canary, provider, secret, certificates, proxy: HttpProxy::open() }
    }

    fn flow(&self) -> ClientCredentials {
        ClientCredentials::new("me", &self.secret)
    }

    fn client(&self, flow: ClientCredentials) -> AuthenticatorBuilder {
        let (certificate, key) = self.certificates.clients();
        Authenticator::builder("https://flyte.example.test")
            .flow(flow)
            .http_proxy(self.proxy.url())
            .verify(Verify::CaFile(self.certificates.authority_file()))
            .client_identity(ClientIdentity::pem(certificate, key))
    }
}

#[tokio::test]
async fn a_provider_that_the_user_names_sees_the_clients_certificate() {
    let world = Guarded::new();
    world.client(world.flow().token_url(world.provider.url_as(IDP))).build().unwrap().login().await.unwrap();
    assert_eq!(world.provider.requests().len(), 1);
    world.canary.check();
}

#[tokio::test]
async fn an_issuer_that_is_set_may_have_another_endpoint_for_clients_with_a_certificate() {
    let world = Guarded::new();
    let issuer = IdentityProvider::start(Arc::new(Canary::new()), Tokens::new());
    let url = issuer.url_as("issuer.example.test", "");
    let metadata = json!({
        "issuer": url, "token_endpoint": format!("{url}/token"),
        "mtls_endpoint_aliases": { "token_endpoint": world.provider.url_as(IDP) },
    });
    issuer.publish("/.well-known/oauth-authorization-server", token_endpoint::Answer::json(200, metadata));
    let client = world.client(world.flow()).issuer(url).allow_plaintext(true).build().unwrap();
    client.login().await.unwrap();
    assert_eq!(world.provider.requests().len(), 1, "it lets in nobody whose certificate it does not see");
    world.canary.check();
}

#[tokio::test]
async fn a_provider_that_only_a_server_names_does_not_see_the_clients_certificate() {
    let world = Guarded::new();
    let url = world.provider.url_as(IDP);
    let issuer = url.trim_end_matches("/token");
    let details = ServerDetails::new().with_issuer(issuer).with_token_endpoint(&url);
    let error = world.client(world.flow()).discovery(Published(details)).build().unwrap().login().await.unwrap_err();
    let told = told(&error);
    assert!(error.kind() == AuthErrorKind::Unreachable && told.contains("wants a client certificate"), "{told}");
    assert!(world.provider.requests().is_empty());
}

/// It asks each client for a certificate, lets in who has none, and refuses those of an authority that it does not know.
#[tokio::test]
async fn a_proxy_that_speaks_tls_does_not_see_the_clients_certificate() {
    let mut world = Guarded::new();
    let names = Certificates::naming(&[IDP]);
    let (secret, token) = (world.secret.clone(), world.canary.secret());
    world.provider = TokenEndpoint::issuing_over_tls(&names, "me", &secret, 600, move || token.clone());
    let proxy = Certificates::naming(&["127.0.0.1"]).wanting_a_clients().if_it_has_one();
    world.proxy = HttpProxy::over_tls(proxy.acceptor());
    let pem = [pem_of(&names), pem_of(&proxy)].concat();
    let client = world.client(world.flow().token_url(world.provider.url_as(IDP))).verify(Verify::CaPem(pem));
    client.build().unwrap().login().await.unwrap();
    assert_eq!((world.proxy.seen().len(), world.provider.requests().len()), (1, 1));
    world.canary.check();
}

#[tokio::test]
async fn who_needs_a_certificate_behind_a_proxy_that_speaks_tls_is_told_so() {
    let mut world = Guarded::new();
    let proxy = Certificates::naming(&["127.0.0.1"]);
    world.proxy = HttpProxy::over_tls(proxy.acceptor());
    let pem = [pem_of(&world.certificates), pem_of(&proxy)].concat();
    let client = world.client(world.flow().token_url(world.provider.url_as(IDP))).verify(Verify::CaPem(pem));
    let error = client.build().unwrap().login().await.unwrap_err();
    let told = told(&error);
    assert!(error.kind() == AuthErrorKind::Unreachable && told.contains("wants a client certificate"), "{told}");
    assert!(world.provider.requests().is_empty());
}
