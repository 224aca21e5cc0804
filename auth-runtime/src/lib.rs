//! Credentials, single-flight refresh and replay for tonic clients.
//!
//! An [`Authenticator`] holds the credentials for one endpoint. A [`Flow`] gets them. An [`AuthenticatedChannel`] puts
//! them on each call of the clients over it, and sends a call that the server rejected once more after a refresh.
//! `#[authenticated_client]` makes an authenticated client of each generated client: the same methods, over such a
//! channel.
//!
//! ```
//! use auth_runtime::{Authenticator, flow::StaticToken};
//!
//! # #[tokio::main] async fn main() -> Result<(), auth_runtime::AuthError> {
//! let channel = Authenticator::builder("https://flyte.example.com")
//!     .flow(StaticToken::new("token")) // nothing is contacted yet
//!     .build()?
//!     .connect_lazy()?;
//! // A generated authenticated client: AuthenticatedAdminServiceClient::new(channel.clone())
//! // Any other tonic client over the same session: HealthClient::new(channel)
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
mod plain_text;
mod prompt;
mod service;
mod session;
pub mod store;
#[cfg(any(feature = "_http", feature = "_private-file"))]
mod user_file;

#[cfg(feature = "macros")]
pub use auth_macros::authenticated_client;

/// What [`Credentials`] hold their tokens in, and the trait that a secret is read with.
pub use secrecy::{ExposeSecret, SecretString};

#[cfg(feature = "_http")]
pub use self::net::{client_identity::ClientIdentity, proxy::ProxyChoice};
pub use self::{
    authenticator::{Authenticator, AuthenticatorBuilder},
    client::AuthenticatedClient,
    credentials::Credentials,
    discovery::{Discovery, ServerDetails},
    error::{AuthError, AuthErrorKind},
    flow::{Flow, FlowContext},
    net::verify::Verify,
    prompt::{
        BrowserPrompt, DeviceCodePrompt, Interaction, LoginEnd, LoginPrompt, NON_INTERACTIVE_VARIABLE, ProviderChange,
        ServersChoice, TerminalPrompt,
    },
    service::{
        AnonymousChannel, AuthLayer, AuthenticatedChannel, CallAuth, MethodTable, ProxyAuthLayer, ProxyAuthService,
        ResponseBody, ResponseFuture, transport::Transport,
    },
    session::Statistics,
    store::CredentialsStore,
};

/// What expanded code and simulations use. No part of the public interface: it changes with the macro.
#[doc(hidden)]
pub mod __private {
    pub use crate::session::refresh_window;

    /// For the expansions of the macro of this version. One of another version finds nothing, and the compiler's
    /// message shows both versions.
    pub mod v0_1 {
        pub use core::result::Result;

        pub use tonic::{
            self, IntoRequest, IntoStreamingRequest, Response, Status, codec::CompressionEncoding, codec::Streaming,
        };

        pub use crate::{
            __client_traits as client_traits, AuthenticatedChannel, AuthenticatedClient, Authenticator, MethodTable,
            Transport, client::ClientCore, service::method::Method,
        };
    }
}
