//! For the tests of programs that make authenticated calls: logins that do as a test says.
//!
//! [`ScriptedLogin`] is a flow without a socket, for an authenticator of the test's own. It issues tokens, tells a test's
//! server which are good, and can revoke them or fail. It works on a paused clock, so that an hour passes at once.
//! [`TokenEndpoint`] does the same over HTTP, for code that makes its flow itself out of a URL.
//!
//! ```
//! use auth_runtime::{Authenticator, testing::ScriptedLogin};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), auth_runtime::AuthError> {
//! // In a test: #[tokio::test(start_paused = true)]
//! let login = ScriptedLogin::new().expires_in(Duration::from_secs(3600));
//! let authenticator = Authenticator::builder("https://api.example.com").flow(login.clone()).build()?;
//!
//! authenticator.login().await?;
//! tokio::time::advance(Duration::from_secs(3600)).await;
//! authenticator.login().await?; // the first token has expired
//! assert_eq!(login.attempts(), 2);
//! # Ok(()) }
//! ```

mod scripted_login;
#[cfg(feature = "oauth")]
mod token_endpoint;

pub use self::scripted_login::ScriptedLogin;
#[cfg(feature = "oauth")]
pub use self::token_endpoint::TokenEndpoint;
