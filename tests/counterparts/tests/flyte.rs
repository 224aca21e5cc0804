//! nginx in front of a Flyte, as installations have it: TLS, gRPC and HTTP at one address, connections that are closed
//! behind 200 calls.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant},
};

use auth_runtime::flow::ClientCredentials;
use counterparts::{Place, Process, configured, free_addresses};
use flyte_admin::{
    Connection,
    proto::{admin::GetVersionRequest, service::admin_service_client::AdminServiceClient},
    server::{FlyteServer, FlyteServerSettings},
    token_endpoint::{Caller, TokenEndpoint, TokenEndpointSettings},
};
use tokio::{process::Command, task::JoinSet};
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    transport::{Certificate, ClientTlsConfig, Endpoint},
};

const CALLERS: usize = 50;
const TOKEN_LIFETIME: Duration = Duration::from_secs(8);
const REQUESTS: usize = 200;

struct Installation {
    endpoint: String,
    tokens: TokenEndpoint,
    place: Place,
    _server: FlyteServer,
    _nginx: Process,
}

impl Installation {
    async fn new() -> Self {
        let place = Place::new();
        let [tls] = free_addresses().await;
        let endpoint = format!("https://{tls}");
        let settings = TokenEndpointSettings {
            token_lifetime: TOKEN_LIFETIME,
            public_origin: Some(endpoint.clone()),
            ..TokenEndpointSettings::new("flytepropeller", "a secret".to_owned().into())
        };
        let tokens = TokenEndpoint::start(settings).await.unwrap();
        let server = FlyteServer::start(FlyteServerSettings::new(), &tokens).await.unwrap();
        let nginx = nginx(&place, tls, server.address(), tokens.address()).await;
        Self { endpoint, tokens, place, _server: server, _nginx: nginx }
    }

    /// A token that outlasts the test, for clients that do not log in.
    fn lasting_token(&self) -> String {
        let caller = Caller { client_id: "flytepropeller".into(), person: None, scopes: vec!["all".into()] };
        self.tokens.tokens().issue(caller, Duration::from_secs(3600)).unwrap()
    }
}

async fn nginx(place: &Place, tls: SocketAddr, grpc: SocketAddr, http: SocketAddr) -> Process {
    let [certificate, key] = place.identity_files().map(|path| path.display().to_string());
    let config = configured(
        "flyte.conf",
        &[
            ("folder", place.folder().display().to_string()),
            ("requests", REQUESTS.to_string()),
            ("grpc", grpc.to_string()),
            ("http", http.to_string()),
            ("tls", tls.to_string()),
            ("certificate", certificate),
            ("key", key),
        ],
    );
    let config = place.write("flyte.conf", &config);
    let mut command = Command::new("nginx");
    command.arg("-e").arg(place.path("error.log")).arg("-p").arg(place.folder()).arg("-c").arg(config);
    place.start(&mut command, tls).await
}

/// How many calls were made, and what was lost of them, by message.
#[derive(Debug, Default)]
struct Tally {
    calls: usize,
    lost: BTreeMap<String, usize>,
}

/// So many callers, each with its next call behind the one before.
async fn storm<C, F>(lasts: Duration, client: C, call: fn(C) -> F) -> Tally
where
    C: Clone + Send + 'static,
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let end = Instant::now() + lasts;
    let callers: JoinSet<_> = (0..CALLERS)
        .map(|_| {
            let client = client.clone();
            async move {
                let (mut calls, mut lost) = (0, Vec::new());
                while Instant::now() < end {
                    calls += 1;
                    lost.extend(call(client.clone()).await.err());
                }
                (calls, lost)
            }
        })
        .collect();
    let mut tally = Tally::default();
    for (calls, lost) in callers.join_all().await {
        tally.calls += calls;
        for status in lost {
            *tally.lost.entry(format!("{:?} {}", status.code(), status.message())).or_default() += 1;
        }
    }
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_lose_no_call_behind_nginx_while_tokens_expire() {
    let flyte = Installation::new().await;
    let client = Some(ClientCredentials::new("flytepropeller", "a secret"));
    let (endpoint, ca_file) = (flyte.endpoint.clone(), Some(flyte.place.authority()));
    let connection = Connection { endpoint, client, ca_file, allow_plaintext: false, login_on_permission_denied: true };
    let (clients, _) = connection.open().unwrap();
    let ours = storm(Duration::from_secs(30), clients.admin, |admin| async move {
        admin.get_version(GetVersionRequest {}).await.map(drop)
    })
    .await;
    let logins = flyte.tokens.requests();

    let authority = Certificate::from_pem(std::fs::read(flyte.place.authority()).unwrap());
    let plain = Endpoint::from_shared(flyte.endpoint.clone()).unwrap();
    let plain = plain.tls_config(ClientTlsConfig::new().ca_certificate(authority)).unwrap().connect().await.unwrap();
    let token: AsciiMetadataValue = format!("Bearer {}", flyte.lasting_token()).parse().unwrap();
    let plain = AdminServiceClient::with_interceptor(plain, move |mut request: Request<()>| {
        request.metadata_mut().insert("flyte-authorization", token.clone());
        Ok(request)
    });
    let plain = storm(Duration::from_secs(5), plain, |mut admin| async move {
        admin.get_version(GetVersionRequest {}).await.map(drop)
    })
    .await;

    println!(
        "nginx, keepalive_requests {REQUESTS}, {CALLERS} callers: {} calls in 30 s with tokens of {TOKEN_LIFETIME:?}, \
         {} refreshes, lost {:?}; plain tonic {} calls in 5 s with a token that lasts, lost {:?}",
        ours.calls,
        logins.saturating_sub(1),
        ours.lost,
        plain.calls,
        plain.lost,
    );
    assert_eq!(ours.lost, BTreeMap::new());
    assert!(ours.calls > 2 * REQUESTS, "connections were closed: {} calls", ours.calls);
    // Each token is replaced before it expires, and not much before.
    assert!((4..=12).contains(&logins), "{logins}");
}
