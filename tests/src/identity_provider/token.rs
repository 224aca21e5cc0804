//! The token endpoint, where what was promised is redeemed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{CLIENT_ID, ProviderRequest, Shared, grants::refuse};
use crate::token_endpoint::Answer;

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
}
