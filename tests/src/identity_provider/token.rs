//! The token endpoint, where what was promised is redeemed.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::byte_serialize;

use super::{CLIENT_ID, ProviderRequest, Shared, grants::refuse};
use crate::token_endpoint::Answer;

impl Shared {
    pub(super) fn token(&self, request: &ProviderRequest) -> Answer {
        if let Err(refusal) = self.check_client(request) {
            return refusal;
        }
        match request.field("grant_type") {
            Some("authorization_code") => self.redeem_code(request),
            Some("refresh_token") => self.refresh(request),
            Some("urn:ietf:params:oauth:grant-type:device_code") => self.poll_device_login(request),
            _ => refuse("unsupported_grant_type"),
        }
    }

    /// RFC 6749 section 2.3: whoever asks for something that a token comes from, or goes with.
    pub(super) fn check_client(&self, request: &ProviderRequest) -> Result<(), Answer> {
        let is_form =
            request.headers.get("content-type").is_some_and(|value| value == "application/x-www-form-urlencoded");
        if !is_form || request.repeats_or_empties_a_field() {
            return Err(refuse("invalid_request"));
        }
        let known = match &self.settings.lock().unwrap().secret {
            None => !request.headers.contains_key("authorization") && request.field("client_id") == Some(CLIENT_ID),
            Some(secret) => {
                // As everybody reads it.
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
                let basic = STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(secret)));
                let sent = request.headers.get("authorization").and_then(|value| value.to_str().ok());
                sent == Some(format!("Basic {basic}").as_str()) && request.field("client_secret").is_none()
            }
        };
        if known { Ok(()) } else { Err(refuse("invalid_client")) }
    }

    /// RFC 7009 section 2.
    pub(super) fn revoke(&self, request: &ProviderRequest) -> Answer {
        if let Err(refusal) = self.check_client(request) {
            return refusal;
        }
        let Some(token) = request.field("token") else { return refuse("invalid_request") };
        match request.field("token_type_hint") {
            Some("refresh_token") => drop(self.grants.lock().unwrap().refresh_tokens.remove(token)),
            Some("access_token") => self.tokens.revoke(token),
            _ => return refuse("unsupported_token_type"),
        }
        Answer::status(200)
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
        if challenge_of(verifier) != authorization.challenge
            || request.field("redirect_uri") != Some(authorization.redirect_uri.as_str())
        {
            return refuse("invalid_grant");
        }
        self.issue(None)
    }

    /// RFC 6749 section 6.
    fn refresh(&self, request: &ProviderRequest) -> Answer {
        let token = request.field("refresh_token").unwrap_or_default();
        let (rotation, refresh_scope) = {
            let settings = self.settings.lock().unwrap();
            (settings.rotation, settings.refresh_scope)
        };
        if refresh_scope && request.field("scope").is_none() {
            let words = "AADSTS900144: The request body must contain the following parameter: 'scope'.";
            return Answer::json(400, json!({ "error": "invalid_request", "error_description": words }));
        }
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
}

/// RFC 7636 section 4.6.
pub(super) fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}
