//! What a grant asks for, and who said so.

use oauth2::Scope;

use super::{ClientSettings, refusal::mentions};
use crate::{AuthError, FlowContext};

/// The scopes of OpenID Connect that speak of a person (Core 1.0, sections 3.1.2.1, 5.4 and 11). A server names them for
/// people's logins; some providers refuse them to a program.
const OF_PEOPLE: [&str; 6] = ["openid", "offline_access", "profile", "email", "address", "phone"];

impl ClientSettings {
    pub(super) fn scopes(&self, context: &FlowContext) -> Vec<Scope> {
        let scopes = match &self.scopes {
            Some(scopes) => scopes.clone(),
            None => self.published_scopes(context).map(str::to_owned).collect(),
        };
        scopes.into_iter().filter(|scope| !scope.is_empty()).map(Scope::new).collect()
    }

    fn published_scopes<'a>(&'a self, context: &'a FlowContext) -> impl Iterator<Item = &'a str> {
        let scopes = context.server_details().scopes().iter().map(String::as_str);
        scopes.filter(|scope| !self.is_program || !OF_PEOPLE.contains(scope))
    }

    pub(super) fn audience<'a>(&'a self, context: &'a FlowContext) -> Option<&'a str> {
        let published = || context.server_details().audience().filter(|_| self.audience_from_server);
        self.audience.as_deref().or_else(published).filter(|audience| !audience.is_empty())
    }

    /// The error of a request for these, with what it asked for and who said so where that is the reason.
    pub(super) fn explained(&self, error: AuthError, context: &FlowContext) -> AuthError {
        let is_about = |code: &str, word: &str| error.oauth_error() == Some(code) || mentions(&error, word);
        let by = |locally: bool| match locally {
            true => "which are set here",
            false => "which the server names, where none are set here",
        };
        if is_about("invalid_scope", "scope") {
            let scopes: Vec<_> = self.scopes(context).iter().map(|scope| scope.as_str().to_owned()).collect();
            let what = match scopes.is_empty() {
                true => "no scopes".to_owned(),
                false => format!("the scopes `{}`, {}", scopes.join(" "), by(self.scopes.is_some())),
            };
            return error.having_asked_for(what);
        }
        match self.audience(context) {
            Some(audience) if is_about("invalid_target", "audience") => {
                let what = format!("the audience `{audience}`, {}", by(self.audience.is_some()).replace("are", "is"));
                error.having_asked_for(what)
            }
            _ => error,
        }
    }
}
