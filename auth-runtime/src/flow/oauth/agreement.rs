//! What a login is with, as whom and for what: whoever has agreed to it once is asked again when the server changes it.

use super::ClientSettings;
use crate::{
    AuthError, FlowContext,
    discovery::{LoginTerms, Provider, ProviderMemory},
    prompt::{ProviderChange, ServersChoice, agrees},
};

/// The terms of a login that may go on.
pub(super) struct Agreement {
    terms: LoginTerms,
    last: Option<LoginTerms>,
    servers_choice: ServersChoice,
    memory: Option<ProviderMemory>,
    by_server: bool,
}

impl Agreement {
    /// Compares what the server says with what it said at the last login, and asks the person about a change.
    ///
    /// `redirect_uri` is the server's, empty where it names none; `None` for a login that has no redirect URI, or one that is
    /// set locally.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where nobody agrees, with the setting that
    /// takes the change out of the server's hands.
    pub(super) async fn reach(
        settings: &ClientSettings,
        redirect_uri: Option<&str>,
        provider: &Provider,
        context: &FlowContext,
    ) -> Result<Self, AuthError> {
        let terms = settings.terms(redirect_uri, provider, context)?;
        let memory = context.provider_memory(settings.is_program);
        let last = match &memory {
            Some(memory) => memory.last().await,
            None => None,
        };
        let changed = last.as_ref().map(|last| terms.changes_since(last, provider.reason)).unwrap_or_default();
        if !changed.is_empty() {
            let changes: Vec<_> = changed.iter().map(|changed| changed.change()).collect();
            let change = ProviderChange { server: context.endpoint(), changes: &changes };
            let agreed = match context.prompt() {
                Ok(prompt) => agrees(prompt, &change).await?,
                Err(_) => false,
            };
            if !agreed {
                return Err(provider.not_agreed(&changed));
            }
        }
        let servers_choice = terms.servers_choice();
        Ok(Self { terms, last, servers_choice, memory, by_server: provider.reason.is_servers_word() })
    }

    pub(super) fn servers_choice(&self) -> &ServersChoice {
        &self.servers_choice
    }

    /// The login has succeeded.
    pub(super) async fn keep(&self) {
        let terms = self.terms.clone().after(self.last.clone());
        if let Some(memory) = &self.memory
            && self.last.as_ref() != Some(&terms)
        {
            memory.keep(&terms, self.by_server).await;
        }
    }
}
