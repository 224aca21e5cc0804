//! The end of a login: here, in the store, and at the provider.

use super::{
    super::{
        Session,
        sync::{on_a_runtime, timeout},
    },
    CredentialSource,
    refresh_task::RefreshOutcome,
    session_store::Deleted,
};
use crate::{AuthError, Credentials, limits};

impl Session {
    /// Forgets the credentials, ends the refresh that runs, deletes what is stored, and tells the provider. Whether
    /// something was stored.
    ///
    /// The provider comes last: whoever does not wait for it is logged out here all the same, and only when the entry is
    /// deleted is it known which one was this login's.
    pub(crate) async fn log_out(&self) -> Result<bool, AuthError> {
        let source = &self.shared.source;
        let store = source.store.as_deref();
        let (running, held) = self.shared.change(|locked| {
            // Under the same lock: a refresh that begins later may save what it brings.
            if let Some(store) = store {
                store.begin_logout();
            }
            let running = locked.running();
            (running, locked.state.log_out())
        });
        if let Some(task) = running {
            task.end(RefreshOutcome::LoggedOut);
            task.abort();
        }
        let deleted = match store {
            Some(store) => store.log_out().await,
            None => Ok(Deleted::default()),
        };
        let was_stored = deleted.as_ref().map(|deleted| deleted.entry.is_some()).map_err(Clone::clone);
        let Deleted { entry, left } = deleted.unwrap_or_default();
        source.revoke(held.into_iter().chain(entry), &left).await;
        was_stored
    }
}

impl CredentialSource {
    /// Tells the provider that these credentials are not used any more, but for what somebody else goes on with: what is
    /// `left`, and logins that another program has made.
    pub(super) async fn revoke(&self, ended: impl Iterator<Item = Credentials>, left: &[Credentials]) {
        let Some(flow) = &self.flow else { return };
        if !on_a_runtime() {
            let error = AuthError::no_runtime("a request to the provider");
            tracing::warn!(%error, "the provider was not told of the logout, so its tokens stay good");
            return;
        }
        let is_left = |one: &Credentials| left.iter().any(|left| left.same_refresh_token(one) || left.same_tokens(one));
        let mut revoked: Vec<Credentials> = Vec::new();
        let each = async {
            for credentials in ended {
                if credentials.is_another_programs()
                    || is_left(&credentials)
                    || revoked.iter().any(|one| one.same_tokens(&credentials))
                {
                    continue;
                }
                let outcome = match self.context(false, None).await {
                    Ok(context) => flow.revoke(&context, &credentials).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = outcome {
                    tracing::warn!(
                        error = error.with_causes(),
                        "the provider was not told of the logout, so its tokens stay good"
                    );
                }
                revoked.push(credentials);
            }
        };
        let bound = limits::REVOCATION_TIMEOUT;
        if timeout(bound, each).await.is_err() {
            tracing::warn!("the provider was not told of the logout within {bound:?}, so its tokens may stay good");
        }
    }
}
