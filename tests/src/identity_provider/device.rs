//! Device logins (RFC 8628).

use serde_json::json;

use super::{
    CLIENT_ID, ProviderRequest, Shared,
    grants::{Device, refuse},
};
use crate::token_endpoint::Answer;

impl Shared {
    pub(super) fn begin_device_login(&self, request: &ProviderRequest) -> Answer {
        if request.field("client_id") != Some(CLIENT_ID) || request.repeats_or_empties_a_field() {
            return refuse("invalid_client");
        }
        let device_code = self.canary.secret();
        let user_code = format!("{:04}-{:04}", fastrand::u32(..10_000), fastrand::u32(..10_000));
        let device = Device { user_code: user_code.clone(), agrees: None };
        self.grants.lock().unwrap().devices.insert(device_code.clone(), device);
        let mut answer = self.settings.lock().unwrap().device.clone();
        answer["device_code"] = device_code.into();
        answer["user_code"] = user_code.into();
        answer["verification_uri"] = "https://idp.example/device".into();
        Answer::json(200, answer)
    }

    pub(super) fn poll_device_login(&self, request: &ProviderRequest) -> Answer {
        let device_code = request.field("device_code").unwrap_or_default();
        let agrees = self.grants.lock().unwrap().devices.get(device_code).map(|device| device.agrees);
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
