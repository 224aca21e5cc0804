//! Proxies that look at the token before a gRPC server behind them is asked.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{collections::BTreeMap, net::SocketAddr};

use counterparts::{
    Counterpart, Kind, Place, Process, Provider, Rejection, Server, Visit, at_once, call, configured, free_addresses,
    plain, secret, signing_key, tool, visit,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    process::Command,
};

/// What is in front of an open gRPC server.
struct Front {
    plaintext: Counterpart,
    tls: Counterpart,
    place: Place,
    _proxy: Process,
    _server: Server,
}

async fn server() -> (Server, SocketAddr) {
    let server = Server::start(Command::new(tool("grpc-go-newest")).arg("-open")).await;
    let port = server.counterpart.endpoint.rsplit(':').next().unwrap();
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    (server, address)
}

impl Front {
    fn new(place: Place, [plaintext, tls]: [SocketAddr; 2], proxy: Process, server: Server) -> Self {
        let over = |scheme, address: SocketAddr, authority| Counterpart {
            endpoint: format!("{scheme}://127.0.0.1:{}", address.port()),
            authority,
            http_proxy: None,
        };
        Self {
            plaintext: over("http", plaintext, None),
            tls: over("https", tls, Some(place.authority())),
            place,
            _proxy: proxy,
            _server: server,
        }
    }

    async fn nginx(provider: &Provider, requests: usize) -> Self {
        let place = Place::new();
        let (server, behind) = server().await;
        let addresses @ [plaintext, tls] = free_addresses().await;
        let [certificate, key] = place.identity_files().map(|path| path.display().to_string());
        let config = configured(
            "nginx.conf",
            &[
                ("folder", place.folder().display().to_string()),
                ("requests", requests.to_string()),
                ("server", behind.to_string()),
                ("provider", provider.address().to_string()),
                ("plaintext", plaintext.to_string()),
                ("tls", tls.to_string()),
                ("certificate", certificate),
                ("key", key),
            ],
        );
        let config = place.write("nginx.conf", &config);
        let mut command = Command::new("nginx");
        command.arg("-e").arg(place.path("error.log")).arg("-p").arg(place.folder()).arg("-c").arg(config);
        let proxy = place.start(&mut command, tls).await;
        Self::new(place, addresses, proxy, server)
    }

    async fn envoy(provider: &Provider) -> Self {
        let place = Place::new();
        let (server, behind) = server().await;
        let addresses @ [plaintext, tls] = free_addresses().await;
        let [certificate, key] = place.identity_files().map(|path| path.display().to_string());
        let config = configured(
            "envoy.yaml",
            &[
                ("signing_key", signing_key()),
                ("server_port", behind.port().to_string()),
                ("provider", provider.address().to_string()),
                ("provider_port", provider.address().port().to_string()),
                ("plaintext", plaintext.port().to_string()),
                ("tls", tls.port().to_string()),
                ("certificate", certificate),
                ("key", key),
            ],
        );
        let config = place.write("envoy.yaml", &config);
        let mut command = Command::new(tool("venv/bin/envoy"));
        command.args(["--disable-hot-restart", "--concurrency", "2", "--log-level", "error", "-c"]).arg(config);
        let proxy = place.start(&mut command, tls).await;
        Self::new(place, addresses, proxy, server)
    }

    async fn haproxy() -> Self {
        let place = Place::new();
        let (server, behind) = server().await;
        let addresses @ [plaintext, tls] = free_addresses().await;
        place.write("revoked", "");
        let config = configured(
            "haproxy.cfg",
            &[
                ("folder", place.folder().display().to_string()),
                ("identity", place.identity_in_one_file().display().to_string()),
                ("secret", secret().to_owned()),
                ("server", behind.to_string()),
                ("plaintext", plaintext.to_string()),
                ("tls", tls.to_string()),
            ],
        );
        let config = place.write("haproxy.cfg", &config);
        let proxy = place.start(Command::new("haproxy").args(["-db", "-f"]).arg(config), tls).await;
        Self::new(place, addresses, proxy, server)
    }

    /// Tells haproxy that tokens of the epoch before this one count no longer.
    async fn revoke(&self, number: u64) {
        let mut admin = UnixStream::connect(self.place.path("admin")).await.unwrap();
        let command = format!("add map {} {} 1\n", self.place.path("revoked").display(), number - 1);
        admin.write_all(command.as_bytes()).await.unwrap();
        let mut answer = String::new();
        admin.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.trim(), "");
    }

    async fn visited(&self, provider: &Provider) {
        for counterpart in [&self.plaintext, &self.tls] {
            visit(counterpart, provider, Visit::WHOLE, |_| std::future::ready(())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_with_auth_request() {
    let provider = Provider::start().await;
    Front::nginx(&provider, 100_000).await.visited(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn haproxy_with_jwt_verify() {
    let provider = Provider::start().await;
    let front = Front::haproxy().await;
    for counterpart in [&front.plaintext, &front.tls] {
        visit(counterpart, &provider, Visit::WHOLE, |number| front.revoke(number)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envoy_with_jwt_authn_and_ext_authz() {
    let provider = Provider::start().await;
    Front::envoy(&provider).await.visited(&provider).await;
}

/// Twenty rounds of fifty calls, each behind a revocation; what was lost, by message.
async fn rounds(counterpart: &Counterpart, provider: &Provider) -> BTreeMap<String, usize> {
    let mut lost = BTreeMap::new();
    for _ in 0..5 {
        // A session of its own: one whose tokens are rejected again and again soon asks for new ones more slowly.
        let client = counterpart.client(provider).await;
        call(&client, Kind::Unary, Rejection::Early).await.unwrap();
        for _ in 0..4 {
            provider.revoke();
            for (what, count) in at_once(&client, 50).await {
                *lost.entry(what).or_default() += count;
            }
        }
    }
    lost
}

/// The end of a call that came behind the last request of its connection: nginx has not processed it.
const REFUSED: &str = "connection error received: not a result of an error";

/// Such a call is sent once more (gRPC proposal A6). On a machine that has much else to do, one in thousands is refused there too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_that_closes_connections_loses_no_call_but_one_that_it_refuses_twice() {
    let provider = Provider::start().await;
    let front = Front::nginx(&provider, 60).await;
    for counterpart in [&front.plaintext, &front.tls] {
        let mut plain_lost = 0;
        let client = plain(counterpart, Some(provider.token())).await;
        for _ in 0..20 {
            plain_lost += at_once(&client, 100).await.values().sum::<usize>();
        }
        let lost = rounds(counterpart, &provider).await;
        println!(
            "{}: plain tonic lost {plain_lost} of 2000 calls, the authenticated client {lost:?}",
            counterpart.endpoint
        );
        assert!(lost.keys().all(|what| what.contains(REFUSED)), "{lost:?}");
        assert!(lost.values().sum::<usize>() * 100 <= plain_lost, "{lost:?}");
    }
}
