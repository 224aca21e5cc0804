//! What becomes of stored credentials.

use std::{
    borrow::Cow,
    time::{SystemTime, UNIX_EPOCH},
};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Credentials, CredentialsStore as _, Flow, FlowContext,
    store::{MemoryStore, StoreKey},
};
use secrecy::ExposeSecret as _;

use crate::runtime;

const ENDPOINT: &str = "https://flyte.example.com";

struct Login;

impl Flow for Login {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("token"))
    }

    fn name(&self) -> Cow<'static, str> {
        "login".into()
    }

    fn persistent(&self) -> bool {
        true
    }
}

/// Whose credentials they are.
pub fn key() -> StoreKey {
    StoreKey::new(ENDPOINT, "", "login")
}

/// Access, refresh and id token.
pub fn tokens(credentials: &Credentials) -> [Option<&str>; 3] {
    [Some(credentials.access_token()), credentials.refresh_token(), credentials.id_token()]
        .map(|token| token.map(|token| token.expose_secret()))
}

/// Their end in whole seconds.
pub fn end(credentials: &Credentials) -> Option<u64> {
    credentials.expires_at().map(|end: SystemTime| end.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Fails if a session that finds these credentials in its store has no header for a call, or one that is not theirs or
/// the login's.
pub fn assert_a_session_goes_on(credentials: Credentials) {
    runtime::run(async {
        let store = MemoryStore::new();
        store.save(&key(), &credentials).await.expect("memory can be written");
        let authenticator = Authenticator::builder(ENDPOINT).flow(Login).store(store).login_first(true).build();
        let authenticator = authenticator.expect("the settings are good");
        match authenticator.fetch_grpc_call_auth_metadata().await {
            Ok(Some((_, value))) => {
                let token = credentials.access_token().expose_secret().as_bytes();
                assert!(value.as_bytes().ends_with(token) || value == "Bearer token", "{value:?}");
            }
            Ok(None) => panic!("there is no header"),
            // The stored header key may be none.
            Err(error) if error.kind() == AuthErrorKind::Configuration && credentials.header_key().is_some() => {}
            Err(error) => panic!("{error:?}"),
        }
    });
}
