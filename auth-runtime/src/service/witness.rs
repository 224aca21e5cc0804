//! What is left of a call once it has delivered a message.

use http::HeaderMap;

use super::{
    call::Call,
    classify::{self, Expectation, Role},
};
use crate::{Authenticator, Transport};

/// Sees how a call ends that can no longer be sent again.
///
/// A rejection behind a message goes to the caller, who has the message; the next call gets other credentials.
pub(super) struct Witness {
    authenticator: Authenticator,
    role: Role,
    generation: u64,
}

impl<T: Transport> From<Box<Call<T>>> for Witness {
    fn from(call: Box<Call<T>>) -> Self {
        let Call { authenticator, role, generation, .. } = *call;
        Self { authenticator, role, generation }
    }
}

impl Witness {
    pub(super) fn saw(&self, trailers: &mut HeaderMap) {
        let expectation = Expectation {
            role: self.role,
            policy: self.authenticator.policy(),
            attached: self.generation > 0,
            behind_proxy: false,
        };
        if classify::trailers_reject(trailers, expectation) {
            tracing::debug!("credentials were rejected behind a message; the call cannot be sent again");
            self.authenticator.session().mark_rejected(self.generation, None);
        }
    }
}
