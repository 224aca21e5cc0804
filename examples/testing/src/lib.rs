//! A program's code that makes authenticated calls. How it is tested is in `tests/`.
#![forbid(unsafe_code)]

use std::{error::Error, fmt};

use auth_runtime::{AuthError, Authenticator, Transport, flow::ClientCredentials};
use greeter::{GreetRequest, greeter_client::AuthenticatedGreeterClient};
use tonic::{Code, Status};

#[allow(missing_docs, reason = "tonic documents what the proto file does")]
pub mod greeter {
    tonic::include_proto!("greeter");
}

/// Where the program finds its server, and how it logs in.
#[derive(Debug)]
pub struct Settings {
    /// The server.
    pub endpoint: String,
    /// The token endpoint of the provider.
    pub token_url: String,
    /// The client's id and its secret.
    pub client: (String, String),
}

impl Settings {
    /// The program's own connection.
    ///
    /// # Errors
    ///
    /// Where a setting is wrong.
    pub fn connect(self) -> Result<Reception, AuthError> {
        let (id, secret) = self.client;
        let login = ClientCredentials::new(id, secret).token_url(self.token_url);
        let channel = Authenticator::builder(self.endpoint).flow(login).build()?.connect_lazy()?;
        Ok(Reception::new(AuthenticatedGreeterClient::new(channel)))
    }
}

/// Greets guests. Over any transport, so that tests need no socket.
#[derive(Debug)]
pub struct Reception<T = tonic::transport::Channel> {
    greeter: AuthenticatedGreeterClient<T>,
}

impl<T: Transport> Reception<T> {
    /// Makes the calls with this client.
    pub fn new(greeter: AuthenticatedGreeterClient<T>) -> Self {
        Self { greeter }
    }

    /// The greeting for a guest.
    ///
    /// # Errors
    ///
    /// [`NoGreeting::LoggedOut`] where there are no credentials that the server takes.
    pub async fn greet(&self, guest: &str) -> Result<String, NoGreeting> {
        let answer = self.greeter.greet(GreetRequest { name: guest.into() }).await?;
        Ok(answer.into_inner().greeting)
    }
}

/// Why a guest was not greeted.
#[derive(Debug)]
pub enum NoGreeting {
    /// Somebody has to look at the credentials.
    LoggedOut(Status),
    /// Another attempt may help.
    Failed(Status),
}

impl From<Status> for NoGreeting {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::Unauthenticated => Self::LoggedOut(status),
            _ => Self::Failed(status),
        }
    }
}

impl fmt::Display for NoGreeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedOut(_) => f.write_str("the reception is logged out"),
            Self::Failed(_) => f.write_str("the reception cannot greet now"),
        }
    }
}

impl Error for NoGreeting {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (Self::LoggedOut(status) | Self::Failed(status)) = self;
        Some(status)
    }
}
