//! What the provider has promised, and the token endpoint where promises are redeemed.

use std::collections::{HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{CLIENT_ID, ProviderRequest, Shared, device::Device};
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
    pub(super) redirect_uri: Url,
}

impl Shared {
    pub(super) fn token(&self, request: &ProviderRequest) -> Answer {
        let is_form =
            request.headers.get("content-type").is_some_and(|value| value == "application/x-www-form-urlencoded");
        if !is_form || request.repeats_or_empties_a_field() || request.headers.contains_key("authorization") {
            return refuse("invalid_request");
        }
        if request.field("client_id") != Some(CLIENT_ID) {
            return refuse("invalid_client");
        }
        match request.field("grant_type") {
            Some("authorization_code") => self.redeem_code(request),
            Some("refresh_token") => self.refresh(request),
            Some("urn:ietf:params:oauth:grant-type:device_code") => self.poll_device_login(request),
            _ => refuse("unsupported_grant_type"),
        }
    }

    /// RFC 6749 section 4.1.3, RFC 7636 section 4.6.
    fn redeem_code(&self, request: &ProviderRequest) -> Answer {
        let code = request.field("code").unwrap_or_default();
        let Some(authorization) = self.grants.lock().unwrap().codes.remove(code) else {
            return refuse("invalid_grant");
        };
        let verifier = request.field("code_verifier").unwrap_or_default();
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return refuse("invalid_request");
        }
        if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != authorization.challenge
            || request.field("redirect_uri") != Some(authorization.redirect_uri.as_str())
        {
            return refuse("invalid_grant");
        }
        self.issue(None)
    }

    /// RFC 6749 section 6.
    fn refresh(&self, request: &ProviderRequest) -> Answer {
        let token = request.field("refresh_token").unwrap_or_default();
        let rotation = self.settings.lock().unwrap().rotation;
        let known = {
            let tokens = &mut self.grants.lock().unwrap().refresh_tokens;
            if rotation { tokens.remove(token) } else { tokens.contains(token) }
        };
        match (known, rotation) {
            (false, _) => refuse("invalid_grant"),
            (true, true) => self.issue(None),
            (true, false) => self.issue(Some(())),
        }
    }

    /// Tokens; without a refresh token where the client has one that stays good.
    pub(super) fn issue(&self, has_refresh_token: Option<()>) -> Answer {
        let access_token = self.canary.secret();
        self.tokens.accept(&access_token);
        let lifetime = self.settings.lock().unwrap().lifetime;
        let mut answer = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": lifetime });
        if has_refresh_token.is_none() {
            let refresh_token = self.canary.secret();
            self.grants.lock().unwrap().refresh_tokens.insert(refresh_token.clone());
            answer["refresh_token"] = refresh_token.into();
        }
        Answer::json(200, answer)
    }
}

pub(super) fn refuse(code: &str) -> Answer {
    Answer::json(400, json!({ "error": code }))
}
