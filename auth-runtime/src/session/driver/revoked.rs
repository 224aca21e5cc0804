//! Refresh tokens that the provider has rejected.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{AuthError, Credentials, limits};

/// Refresh tokens that are not sent again: a provider may take a second use for theft (RFC 9700 section 4.14).
#[derive(Default)]
pub(crate) struct RevokedRefreshTokens(Mutex<VecDeque<(SecretString, AuthError)>>);

impl RevokedRefreshTokens {
    pub(super) fn remember(&self, token: &SecretString, why: &AuthError) {
        let mut revoked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (revoked.len() == limits::REVOKED_REFRESH_TOKENS).then(|| revoked.pop_front());
        revoked.push_back((token.clone(), why.clone()));
        drop(revoked);
        // Its error may hold a value of the user's, which is not dropped under a lock.
        drop(oldest);
    }

    /// The credentials, unless their refresh token is one of these: without them a flow logs in anew.
    pub(super) fn unless_revoked<'a>(&self, credentials: Option<&'a Credentials>) -> Option<&'a Credentials> {
        let revoked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.filter(|credentials| {
            !credentials
                .refresh_token()
                .is_some_and(|token| revoked.iter().any(|(known, _)| known.expose_secret() == token.expose_secret()))
        })
    }

    /// Why the refresh token of these is one of them.
    pub(super) fn reason(&self, credentials: Option<&Credentials>) -> Option<AuthError> {
        let token = credentials?.refresh_token()?.expose_secret();
        let revoked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        revoked.iter().find(|(known, _)| known.expose_secret() == token).map(|(_, why)| why.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(refresh_token: usize) -> Credentials {
        Credentials::new("token").with_refresh_token(refresh_token.to_string())
    }

    #[test]
    fn the_last_few_refresh_tokens_are_remembered_and_credentials_without_one_are_never_revoked() {
        let revoked = RevokedRefreshTokens::default();
        for number in 0..=limits::REVOKED_REFRESH_TOKENS {
            with(number).refresh_token().into_iter().for_each(|token| revoked.remember(token, &AuthError::no_flow()));
        }
        for number in 0..limits::REVOKED_REFRESH_TOKENS + 2 {
            let held = revoked.unless_revoked(Some(&with(number))).is_none();
            assert_eq!(held, (1..=limits::REVOKED_REFRESH_TOKENS).contains(&number), "{number}");
            assert_eq!(revoked.reason(Some(&with(number))).is_some(), held, "{number}");
        }
        assert!(revoked.unless_revoked(Some(&Credentials::new("token"))).is_some());
        assert!(revoked.unless_revoked(None).is_none());
    }
}
