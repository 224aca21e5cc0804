//! Union's API keys among the other settings, and what overrules what.

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    AuthType, Config, key,
    setting::{Origin, Setting},
    sources::ConfigSources,
};
use crate::{AuthError, flyte::ApiKey};

impl Config {
    /// Flyte 2's order: a person's key, a file that a variable names, a variable that says how to log in, the key that was put into
    /// the pod.
    pub(super) fn apply_api_key(&mut self, sources: &ConfigSources, file_is_named: bool) -> Result<(), AuthError> {
        if let Some(text) = sources.variable(key::API_KEY_VARIABLE)? {
            return self.log_in_with(key::API_KEY_VARIABLE, &text.into());
        }
        for variable in key::INJECTED_API_KEY_VARIABLES {
            let Some(text) = sources.variable(variable)?.map(SecretString::from) else { continue };
            let overruled_by = match sources.first_set(key::AUTH_TYPE.variables().into_iter().map(|(name, _)| name))? {
                _ if file_is_named => "the configuration file".to_owned(),
                Some(name) => name,
                None => return self.log_in_with(variable, &text),
            };
            self.warnings.push(format!("the API key in {variable} is not used: {overruled_by} says how to log in"));
            return Ok(());
        }
        Ok(())
    }

    /// Endpoint, client and secret of an API key belong together: the key replaces all three, so that its secret goes
    /// nowhere else, and nothing else's secret goes to its endpoint.
    fn log_in_with(&mut self, variable: &'static str, text: &SecretString) -> Result<(), AuthError> {
        let api_key = ApiKey::parse(text.expose_secret()).map_err(|error| error.renamed(variable))?;
        let origin = Origin::Variable(variable.to_owned());
        if self.endpoint.is_set() {
            let overruled = self.endpoint.origin();
            self.warnings.push(format!("the API key in {variable} overrules {overruled}; unset one of the two"));
        }
        if let (false, Some(organization)) = (self.organization.is_set(), api_key.organization()) {
            self.organization = Setting::new(Some(organization.to_owned()), origin.clone());
        }
        self.endpoint = Setting::new(Some(api_key.endpoint().to_owned()), origin.clone());
        self.client_id = Setting::new(Some(api_key.client_id().to_owned()), origin.clone());
        self.client_secret = Setting::default(None);
        self.client_secret_location = Setting::default(None);
        self.client_secret_env_var = Setting::default(None);
        self.secret_of_variable = None;
        self.auth_type = Setting::new(AuthType::ClientSecret, origin.clone());
        self.api_key = Setting::new(Some(api_key), origin);
        Ok(())
    }

    /// Settings that are read, and have no effect beside others.
    pub(super) fn tell_what_is_overruled(&mut self) {
        if self.auth_type.is_set() {
            self.warnings.extend(self.unused_client());
        }
        if self.asks_for_the_servers_audience() && self.audience.is_set() {
            self.warnings.push(format!(
                "admin.useAudienceFromAdmin ({}) overrules admin.audience ({}); remove one of the two",
                self.use_audience_from_admin.origin(),
                self.audience.origin()
            ));
        }
    }

    /// What is to be told where a client is set that nobody logs in as.
    pub(crate) fn unused_client(&self) -> Option<String> {
        let of_people = matches!(self.auth_type.value(), AuthType::Pkce | AuthType::DeviceFlow);
        (of_people && self.client_id.is_set() && !self.public_client_id.is_set()).then(|| {
            format!(
                "admin.clientId ({}) is for ClientSecret: with {} people log in as the client that the server names; \
                 set FLYTE_ADMIN_PUBLICCLIENTID for another",
                self.client_id.origin(),
                self.auth_type.value()
            )
        })
    }

    /// Whether somebody says that the server's audience counts, whatever else is set but for the program's own.
    pub(crate) fn asks_for_the_servers_audience(&self) -> bool {
        let programs_counts = self.audience.is_programs() && !self.use_audience_from_admin.is_programs();
        self.use_audience_from_admin.is_set() && *self.use_audience_from_admin.value() && !programs_counts
    }
}
