//! Where a header with credentials comes from, for whoever has to send one and must not know an authenticator.

use std::{future::Future, pin::Pin};

use http::{HeaderName, HeaderValue};

use crate::AuthError;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, AuthError>> + Send + 'a>>;

/// Gives the header that requests to one place carry, such as a proxy's credentials.
pub(crate) trait HeaderSource: Send + Sync {
    /// The header that the next request carries, after a login or refresh where one is due. `None` while nobody knows
    /// whether credentials are wanted there.
    fn header(&self) -> Boxed<'_, Option<(HeaderName, HeaderValue)>>;

    /// Gets new credentials, because those of the last header were rejected.
    fn refresh(&self) -> Boxed<'_, ()>;
}
