//! An authenticator as the source of a header, for layers that must not know it.

use std::{future::Future, pin::Pin};

use http::{HeaderName, HeaderValue};

use super::Authenticator;
use crate::{AuthError, net::header_source::HeaderSource};

impl HeaderSource for Authenticator {
    fn header(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Option<(HeaderName, HeaderValue)>, AuthError>> + Send + '_>> {
        Box::pin(self.fetch_grpc_call_auth_metadata())
    }

    fn refresh(&self) -> Pin<Box<dyn Future<Output = Result<(), AuthError>> + Send + '_>> {
        Box::pin(async { self.refresh_credentials().await.map(drop) })
    }
}
