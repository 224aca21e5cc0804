//! Settings that cannot work.

use std::{fs, time::Duration};

use auth_runtime::{
    AuthError, Authenticator, AuthenticatorBuilder, ClientIdentity, Credentials, Flow, FlowContext, Verify,
    flow::{ClientAuthentication, ClientCredentials, DeviceCode, PassthroughHeaders, Pkce, StaticToken},
    limits::Limits,
};
use tests::{certificates::Certificates, guard::within_reason};

const SERVER: &str = "https://flyte.example.test";

fn builder() -> AuthenticatorBuilder {
    Authenticator::builder(SERVER)
}

/// A flow that is stored and has no name.
struct Nameless;

impl Flow for Nameless {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("token"))
    }

    fn persistent(&self) -> bool {
        true
    }
}

/// Brings a token of a type that is none.
struct BrokenType;

impl Flow for BrokenType {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("token").with_token_type("a\nb"))
    }
}

/// Brings a token as it is to be sent, and its scheme with it.
struct Raw;

impl Flow for Raw {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        Ok(Credentials::raw("Token abc"))
    }
}

/// What is seen when an authenticator is built.
fn built() -> Vec<AuthError> {
    let endpoints = [
        "https://[",
        "https://",
        "https://:443",
        "https://flyte.example.test:0x",
        "dns://ns.example.test/flyte.example.test",
        "ftp://flyte.example.test",
        "https://me:hunter2@flyte.example.test",
        "https://flyte.example.test/path",
    ];
    let keys = ["a key", "te", "x-bin", "grpc-timeout"];
    let proxies = [
        "http://",
        "http://proxy.example.test:3128/path",
        "socks5://proxy.example.test:1080",
        "http://me:%0A@proxy.example.test:3128",
    ];
    let limits = [
        Limits::new().with_connect_timeout(Duration::MAX),
        Limits::new().with_connect_timeout(Duration::ZERO),
        Limits::new().with_max_token_bytes(0),
    ];
    let builders = endpoints.into_iter().map(Authenticator::builder);
    let builders = builders.chain(keys.into_iter().map(|key| builder().header_key(key)));
    let builders = builders.chain(proxies.into_iter().map(|proxy| builder().http_proxy(proxy)));
    let builders = builders.chain(limits.into_iter().map(|limits| builder().limits(limits)));
    let builders = builders.chain([builder().flow(Nameless)]);
    let mut errors: Vec<_> = builders.filter_map(|builder| builder.build().err()).collect();
    errors.extend(PassthroughHeaders::new([("a", "b\n")]).err());
    errors
}

/// What is seen when a connection is to be made.
async fn connected() -> Vec<AuthError> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.pem"), "").unwrap();
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\nnone").unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let (certificates, others) = (Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]));
    let ((certificate, key), (_, other_key)) = (certificates.clients(), others.clients());
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let identity = |certificate: &[u8], key: &[u8]| builder().client_identity(ClientIdentity::pem(certificate, key));
    let builders = [
        builder().verify(Verify::CaFile(path("missing.pem"))),
        builder().verify(Verify::CaFile(path("empty.pem"))),
        builder().verify(Verify::CaPem(damaged.into())),
        builder().client_identity(ClientIdentity::files(path("missing.pem"), path("missing.pem"))),
        builder().client_identity(ClientIdentity::files(path("broken.pem"), path("broken.pem"))),
        identity(b"", key.as_ref()),
        identity(certificate.as_ref(), b""),
        identity(certificate.as_ref(), encrypted.as_bytes()),
        identity(certificate.as_ref(), other_key.as_ref()),
        builder().server_name("not a name"),
        builder().keep_alive_interval(Duration::ZERO),
        Authenticator::builder("https://127.0.0.1:1").http_proxy("http://proxy.example.test:3128"),
        // This machine, in a spelling that no certificate has.
        builder().http_proxy(format!("https://127.1:{}", listening.local_addr().unwrap().port())),
    ];
    let mut errors = Vec::new();
    for builder in builders {
        match builder.build() {
            Ok(authenticator) => errors.extend(within_reason("a connection", authenticator.connect()).await.err()),
            Err(error) => errors.push(error),
        }
    }
    let proxy = Authenticator::builder("https://other.example.test").flow(StaticToken::new("a")).build().unwrap();
    errors.extend(builder().build().unwrap().connect_lazy().unwrap().with_proxy(proxy).err());
    errors
}

/// What is seen when somebody logs in.
async fn logged_in() -> Vec<AuthError> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("long"), "a".repeat(2 * 1024 * 1024)).unwrap();
    fs::write(path("binary"), [0xff, 0xfe]).unwrap();
    fs::write(path("empty"), "\n").unwrap();
    let client = |url: &str| ClientCredentials::new("me", "hunter2").token_url(url);
    // Nobody listens there.
    let token_url = "http://127.0.0.1:1/token".to_owned();
    let from_file = |name: &str| ClientCredentials::secret_from_file("me", path(name)).token_url(&token_url);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("http://127.0.0.1:{}/callback", port.local_addr().unwrap().port());
    let pkce = |uri: &str| {
        Pkce::new()
            .client_id("me")
            .authorization_url(format!("{SERVER}/authorize"))
            .token_url(&token_url)
            .redirect_uri(uri)
    };
    let unencoded = ClientCredentials::new("a:b", "hunter2").token_url(&token_url);
    let builders = [
        builder().flow(client("no URL")),
        builder().flow(client("http://idp.example.test/token")),
        builder().flow(client("https://me:hunter2@idp.example.test/token")),
        builder().flow(client("https://idp.example.test/token#a")),
        builder().flow(client(&format!("https://idp.example.test/{}", "a".repeat(70_000)))),
        builder().flow(client("https://idp.example.test/token")).http_proxy("http://1.2.3.256:3128"),
        builder().flow(BrokenType),
        builder().flow(Raw),
        builder().flow(client(&token_url).token_param("", "a")),
        builder().flow(client(&token_url).token_param("grant_type", "a")),
        builder().flow(unencoded.client_authentication(ClientAuthentication::BasicUnencoded)),
        builder().flow(ClientCredentials::new("me", "").token_url(&token_url)),
        builder().flow(ClientCredentials::secret_from_env("me", "A_VARIABLE_THAT_IS_NOT_SET").token_url(&token_url)),
        builder().flow(from_file("missing")),
        builder().flow(from_file("long")),
        builder().flow(from_file("binary")),
        builder().flow(from_file("empty")),
        builder().flow(ClientCredentials::new("me", "hunter2")),
        builder().flow(DeviceCode::new().token_url(&token_url).device_authorization_url(&token_url)),
        builder().flow(pkce("no URL")),
        builder().flow(pkce("https://localhost:1/callback")),
        builder().flow(pkce("http://localhost:1/callback?a=b")),
        builder().flow(pkce("http://idp.example.test:1/callback")),
        builder().flow(pkce(&taken)),
        builder().flow(StaticToken::new("")),
        builder().flow(StaticToken::new("Bearer a")),
        builder().flow(StaticToken::new("Token a")),
        builder().flow(StaticToken::new("Authorization: Bearer a")),
        builder().flow(StaticToken::new("token of Ali")),
        builder().flow(StaticToken::new("a\nb")),
        builder().flow(StaticToken::new("a".repeat(64 * 1024 * 1024))),
        builder().flow(auth_runtime::flow::Passthrough),
        builder(),
    ];
    let mut errors = Vec::new();
    for builder in builders {
        let authenticator = builder.interaction(auth_runtime::Interaction::Always).build();
        match authenticator {
            Ok(authenticator) => {
                errors.extend(within_reason(&format!("{authenticator:?}"), authenticator.login()).await.err())
            }
            Err(error) => errors.push(error),
        }
    }
    errors
}

pub(crate) async fn errors() -> Vec<AuthError> {
    let mut errors = built();
    errors.extend(connected().await);
    errors.extend(logged_in().await);
    errors
}
