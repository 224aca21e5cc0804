//! HTTP proxies on the way, which want a password and make tunnels: to the server, and to the provider.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _, process::Stdio};

use counterparts::{Counterpart, Place, Process, Provider, Server, Visit, configured, free_addresses, tool, visit};
use tokio::process::Command;

const USER: &str = "somebody";
const PASSWORD: &str = "a-password";

async fn squid(place: &Place, listen: SocketAddr) -> Process {
    let hash = Command::new("openssl").args(["passwd", "-apr1", PASSWORD]).output().await.unwrap();
    place.write("passwords", &format!("{USER}:{}", String::from_utf8(hash.stdout).unwrap()));
    // Started by root, it works as a user of its own.
    std::fs::set_permissions(place.folder(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let values = [("listen", listen.to_string()), ("folder", place.folder().display().to_string())];
    let config = place.write("squid.conf", &configured("squid.conf", &values));
    place
        .start(
            Command::new("squid")
                .args(["-N", "-n", &format!("port{}", listen.port()), "-f"])
                .arg(config)
                .stderr(Stdio::null()),
            listen,
        )
        .await
}

async fn tinyproxy(place: &Place, listen: SocketAddr) -> Process {
    let values = [("port", listen.port().to_string()), ("user", USER.to_owned()), ("password", PASSWORD.to_owned())];
    let config = place.write("tinyproxy.conf", &configured("tinyproxy.conf", &values));
    place.start(Command::new("tinyproxy").args(["-d", "-c"]).arg(config).stderr(Stdio::null()), listen).await
}

async fn visited(listen: SocketAddr) {
    let provider = Provider::start().await;
    let grpc_go = || Command::new(tool("grpc-go-newest"));
    for server in [Server::start(&mut grpc_go()).await, Server::start_over_tls(&mut grpc_go()).await] {
        let http_proxy = Some(format!("http://{USER}:{PASSWORD}@{listen}"));
        let counterpart = Counterpart { http_proxy, ..server.counterpart.clone() };
        visit(&counterpart, &provider, Visit::WHOLE, |number| server.revoke(number)).await;

        let http_proxy = Some(format!("http://{USER}:wrong@{listen}"));
        let stranger = Counterpart { http_proxy, ..server.counterpart.clone() };
        assert!(stranger.authenticator(&provider).connect().await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn squid_with_a_password() {
    let place = Place::new();
    let [listen] = free_addresses().await;
    let mut proxy = squid(&place, listen).await;
    visited(listen).await;
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tinyproxy_with_a_password() {
    let place = Place::new();
    let [listen] = free_addresses().await;
    let _proxy = tinyproxy(&place, listen).await;
    visited(listen).await;
}
