//! A program of its own that logs a person in and keeps nothing of it: the tests run several of it.
//!
//! The line `login` begins a login. It answers with a line for each thing that a person is to do or is asked, `open <page>`
//! or `asked <change>`, and with how it ends: `ok` or `error: ..`. Warnings go to its error output.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program that cannot go on fails its test")]

use std::{future::Future, io::BufRead as _, pin::Pin};

use auth_runtime::{
    AuthError, Authenticator, BrowserPrompt, DeviceCodePrompt, Discovery, Interaction, LoginPrompt, ProviderChange,
    ServerDetails, flow::Pkce,
};
use tests::{told::told, warnings};

struct Published(ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

/// A person at the other end of a pipe.
struct Person {
    agrees: bool,
}

impl LoginPrompt for Person {
    fn browser(&self, request: &BrowserPrompt<'_>) {
        println!("open {}", request.opened_url());
    }

    fn device_code(&self, _request: &DeviceCodePrompt<'_>) {}

    fn provider_changed<'a>(
        &'a self,
        change: &'a ProviderChange<'a>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        for (what, was, now) in change.changes() {
            println!("asked {what}: {was} -> {now}");
        }
        Box::pin(std::future::ready(self.agrees))
    }
}

#[tokio::main]
async fn main() {
    tracing::subscriber::set_global_default(warnings::Warnings).unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [proxy, client_id, provider, person] = &arguments[..] else { panic!("proxy, client, provider and person") };
    let details = ServerDetails::new()
        .with_client_id(client_id)
        .with_issuer(provider)
        .with_authorization_endpoint(format!("{provider}/authorize"))
        .with_token_endpoint(format!("{provider}/token"));
    let interaction = if person == "none" { Interaction::Never } else { Interaction::Always };
    let authenticator = Authenticator::builder("http://flyte.test:8089")
        .flow(Pkce::new().redirect_uri("http://127.0.0.1:0/callback"))
        .discovery(Published(details))
        .prompt(Person { agrees: person == "agrees" })
        .interaction(interaction)
        .http_proxy(proxy)
        .allow_plaintext(true)
        .build()
        .unwrap();
    for line in std::io::stdin().lock().lines() {
        assert_eq!(line.unwrap(), "login");
        match authenticator.login().await {
            Ok(_) => println!("ok"),
            Err(error) => println!("error: {}", told(&error)),
        }
    }
}
