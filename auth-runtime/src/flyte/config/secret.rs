//! Where the client's secret is, and what that says about the login.

use secrecy::SecretString;

use super::{
    AuthType, Config, key,
    reader::Reader,
    setting::{Origin, Setting},
    value,
};
use crate::AuthError;

impl Config {
    pub(super) fn read_secrets(&mut self, reader: &Reader<'_>) -> Result<(), AuthError> {
        let sources = reader.sources;
        if let Some(secret) = sources.variable(key::CLIENT_SECRET_VARIABLE)? {
            let origin = Origin::Variable(key::CLIENT_SECRET_VARIABLE.to_owned());
            self.client_secret = Setting::new(Some(secret.trim().into()), origin);
        } else if let Some((raw, origin)) =
            reader.in_documents(key::CLIENT_SECRET_OPTION, |name| name == key::CLIENT_SECRET_OPTION)?
        {
            let secret = value::text(&raw).ok().map(SecretString::from);
            self.client_secret = Setting::new(secret, origin);
        }
        if let Some(variable) = self.client_secret_env_var.value() {
            let secret = sources.variable(variable)?;
            self.secret_of_variable = secret.map(|secret| SecretString::from(secret.trim()));
        }
        self.let_a_secret_choose();
        Ok(())
    }

    /// flytekit's rule: who has a secret in a file or a variable is a program and logs in as one, whatever else is
    /// said. Only `None` and a flow of the user's own stay.
    fn let_a_secret_choose(&mut self) {
        let origin = if self.secret_of_variable.is_some() {
            self.client_secret_env_var.origin()
        } else if self.client_secret_location.value().is_some() {
            self.client_secret_location.origin()
        } else {
            return;
        };
        let chosen = match self.auth_type.value() {
            AuthType::ClientSecret | AuthType::None | AuthType::Custom(_) => return,
            chosen => chosen,
        };
        if self.auth_type.is_set() {
            self.warnings.push(format!(
                "the client secret ({origin}) overrules admin.authType {chosen} ({}); remove one of the two",
                self.auth_type.origin()
            ));
        }
        self.auth_type = Setting::new(AuthType::ClientSecret, origin.clone());
    }
}
