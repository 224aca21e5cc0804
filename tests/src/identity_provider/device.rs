//! Device logins (RFC 8628).

use serde_json::json;

use super::{
    ProviderRequest, Shared,
    grants::{Device, refuse},
    token::challenge_of,
};
use crate::token_endpoint::Answer;

impl Shared {
    pub(super) fn begin_device_login(&self, request: &ProviderRequest) -> Answer {
        if let Err(refusal) = self.check_client(request) {
            return refusal;
        }
        let challenge = request.field("code_challenge").map(str::to_owned);
        let is_strong = challenge.is_none() || request.field("code_challenge_method") == Some("S256");
        if !is_strong || (challenge.is_none() && self.settings.lock().unwrap().device_challenge) {
            let words = "Missing parameter: code_challenge_method";
            return Answer::json(400, json!({ "error": "invalid_request", "error_description": words }));
        }
        let device_code = self.canary.secret();
        let user_code = format!("{:04}-{:04}", fastrand::u32(..10_000), fastrand::u32(..10_000));
        let device = Device { user_code: user_code.clone(), agrees: None, challenge };
        self.grants.lock().unwrap().devices.insert(device_code.clone(), device);
        let mut answer = self.settings.lock().unwrap().device.clone();
        answer["device_code"] = device_code.into();
        answer["user_code"] = user_code.into();
        if answer.get("verification_uri").is_none() {
            let host = request.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            answer["verification_uri"] = format!("http://{host}/activate").into();
        }
        Answer::json(200, answer)
    }

    pub(super) fn poll_device_login(&self, request: &ProviderRequest) -> Answer {
        let device_code = request.field("device_code").unwrap_or_default();
        let known = {
            let grants = self.grants.lock().unwrap();
            grants.devices.get(device_code).map(|device| (device.agrees, device.challenge.clone()))
        };
        let (agrees, challenge) = known.unzip();
        if challenge.flatten() != request.field("code_verifier").map(challenge_of) {
            return refuse("invalid_grant");
        }
        match agrees {
            None => refuse("invalid_grant"),
            Some(None) => Answer::json(400, json!({ "error": "authorization_pending" })),
            Some(Some(false)) => refuse("access_denied"),
            Some(Some(true)) => {
                self.grants.lock().unwrap().devices.remove(device_code);
                self.issue(None)
            }
        }
    }
}
