//! Whether a provider may be sent the tokens of a login: by what is known of the login, and of the last one at the server.

use super::{login_terms::LoginTerms, memory::ProviderMemory, provider::Provider};
use crate::{AuthError, Credentials};

impl Provider {
    /// Makes sure that this provider issued the credentials, before it is sent their tokens.
    ///
    /// Where the server alone says so, the last login at the server must have been with this provider too. Another
    /// program's entry does not say whom it is of, and the server may have been taken over since.
    ///
    /// # Errors
    ///
    /// That of [`AuthError::other_provider`]; those of [`issued_by`](Self::issued_by).
    pub(crate) async fn check_issued(
        &self,
        credentials: &Credentials,
        memory: Option<ProviderMemory>,
    ) -> Result<(), AuthError> {
        let issued_by = self.issued_by()?;
        let refused = |was| {
            let asked = issued_by.token_endpoint.origin().ascii_serialization();
            Err(AuthError::other_provider(was, asked))
        };
        if let Err(was) = issued_by.may_refresh(credentials) {
            return refused(was);
        }
        if issued_by.has_only_the_servers_word_for(credentials)
            && let Some(memory) = memory
            && let Some(last) = memory.last().await
            && let Some(was) = last.provider_other_than(&LoginTerms::with(&issued_by))
        {
            return refused(was.to_owned());
        }
        Ok(())
    }
}
