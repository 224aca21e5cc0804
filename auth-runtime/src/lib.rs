//! Credentials, single-flight refresh and replay for tonic clients.
//!
//! An [`Authenticator`] holds the credentials for one endpoint. A [`Flow`] gets them. [`AuthLayer`] puts them on each
//! call of a tonic client, and sends a call that the server rejected once more after a refresh;
//! `#[authenticated_client]` makes a twin of each generated client that has the layer built in.
//!
//! ```
//! use auth_runtime::{AuthLayer, Authenticator, flow::StaticToken};
//! use tower_layer::Layer as _;
//!
//! # #[tokio::main] async fn main() -> Result<(), auth_runtime::AuthError> {
//! let authenticator = Authenticator::builder("https://flyte.example.com")
//!     .flow(StaticToken::new("token")) // nothing is contacted yet
//!     .build()?;
//! let channel = authenticator.connect_lazy()?;
//! // With a generated twin: AuthenticatedAdminServiceClient::new(channel, authenticator)
//! // Over any other tonic client:
//! let transport = AuthLayer::new(authenticator).layer(channel);
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! | feature | brings | default |
//! |---|---|---|
//! | `macros` | `#[authenticated_client]` | yes |
//! | `oauth` | [`flow::ClientCredentials`] and what OAuth 2 over HTTP needs | yes |
//! | `transport` | [`Authenticator::connect`] | yes |
//! | `tls-ring` | cryptography for TLS, where the process has installed no `rustls::crypto::CryptoProvider` | yes |
//! | `command` | [`flow::Command`]: tokens from an external program | |
//! | `interactive` | a [`TerminalPrompt`] that can open the browser and show that it waits | |
//! | `file-store` | [`store::FileStore`] | |
//! | `keyring` | [`store::KeyringStore`] | |
//! | `flyte` | [`flyte`]: its configuration, discovery, and a connection made of both | |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authenticator;
mod client;
mod credentials;
mod discovery;
mod error;
pub mod flow;
#[cfg(feature = "flyte")]
pub mod flyte;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
mod net;
mod prompt;
mod service;
mod session;
pub mod store;

#[cfg(feature = "macros")]
pub use auth_macros::authenticated_client;

pub use self::{
    authenticator::{Authenticator, AuthenticatorBuilder},
    client::AuthenticatedClient,
    credentials::Credentials,
    discovery::{Discovery, ServerDetails},
    error::{AuthError, AuthErrorKind},
    flow::{Flow, FlowContext},
    net::verify::Verify,
    prompt::{DeviceCodePrompt, Interaction, LoginPrompt, NON_INTERACTIVE_VARIABLE, TerminalPrompt},
    service::{AuthService, CallAuth, ResponseBody, ResponseFuture, layer::AuthLayer, transport::Transport},
    session::Statistics,
    store::CredentialsStore,
};

/// What expanded code and simulations use. No part of the public interface: it changes with the macro.
#[doc(hidden)]
pub mod __private {
    pub use tonic;

    pub use crate::{client::ClientCore, service::method::Method, session::refresh_window};
}
