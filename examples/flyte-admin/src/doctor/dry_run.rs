//! A login that ends where a person would be asked: until then, nothing but metadata was asked for.

use auth_runtime::{
    AuthError, Authenticator, BrowserPrompt, DeviceCodePrompt, Interaction, LoginPrompt,
    flyte::{AuthType, Connector},
};
use tokio::sync::mpsc;

use super::subject::Subject;

/// Takes the place of the prompt, and shows nothing.
struct Listener {
    shown: mpsc::UnboundedSender<String>,
}

impl LoginPrompt for Listener {
    fn browser(&self, request: &BrowserPrompt<'_>) {
        // Whoever has left does not want to know.
        let _ = self.shown.send(request.provider().to_owned());
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        let _ = self.shown.send(request.provider().to_owned());
    }
}

/// The host at which the person would log in.
///
/// # Errors
///
/// Why nobody would be asked: most often as the provider is not believed.
///
/// # Cancel safety
///
/// Dropping the future leaves nothing stored. The login that was begun ends with the program.
pub(super) async fn dry_run(subject: &Subject) -> Result<String, AuthError> {
    let (shown, mut provider) = mpsc::unbounded_channel();
    let authenticator = session(subject, Listener { shown })?;
    tokio::select! {
        biased;
        Some(provider) = provider.recv() => Ok(provider),
        outcome = authenticator.login() => match outcome {
            Ok(_) => Err(AuthError::permanent("it came to a login without a person")),
            Err(error) => Err(error),
        },
    }
}

/// It knows no stored login, so that no refresh token is sent.
fn session(subject: &Subject, prompt: Listener) -> Result<Authenticator, AuthError> {
    let config = subject.config.clone().with_proxy_command(vec![]).with_auth_type(AuthType::Pkce);
    let connector = Connector::new(config).prompt(prompt);
    let connector = connector.adjust(|settings| settings.interaction(Interaction::Always));
    Ok(connector.connect_lazy()?.authenticator())
}
