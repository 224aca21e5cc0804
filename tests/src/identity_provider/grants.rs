//! What the provider has promised, and the tokens that it gives for it.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::Shared;
use crate::token_endpoint::Answer;

/// What can be redeemed.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) codes: HashMap<String, Authorization>,
    pub(super) refresh_tokens: HashSet<String>,
    pub(super) devices: HashMap<String, Device>,
}

/// An authorization code.
pub(super) struct Authorization {
    pub(super) challenge: String,
    pub(super) redirect_uri: String,
}

/// A login that a person has to agree to.
pub(super) struct Device {
    pub(super) user_code: String,
    pub(super) agrees: Option<bool>,
    pub(super) challenge: Option<String>,
}

impl Grants {
    pub(super) fn decide(&mut self, user_code: &str, agrees: bool) {
        let device = self.devices.values_mut().find(|device| device.user_code == user_code);
        device.expect("a login with this code").agrees = Some(agrees);
    }
}

impl Shared {
    /// Tokens; without a refresh token where the client has one that stays good.
    pub(super) fn issue(&self, has_refresh_token: Option<()>) -> Answer {
        let access_token = self.canary.secret();
        self.tokens.accept(&access_token);
        let (lifetime, id_token) = {
            let settings = self.settings.lock().unwrap();
            (settings.lifetime, settings.id_token.clone())
        };
        let mut answer = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": lifetime });
        if has_refresh_token.is_none() {
            let refresh_token = self.canary.secret();
            self.grants.lock().unwrap().refresh_tokens.insert(refresh_token.clone());
            answer["refresh_token"] = refresh_token.into();
        }
        if let Some(id_token) = id_token {
            self.tokens.accept(&id_token);
            answer["id_token"] = id_token.into();
        }
        Answer::json(200, answer)
    }
}

pub(super) fn refuse(code: &str) -> Answer {
    Answer::json(400, json!({ "error": code }))
}
