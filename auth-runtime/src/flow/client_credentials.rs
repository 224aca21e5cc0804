//! The client credentials grant (RFC 6749 section 4.4).

/// Placeholder
#[derive(Debug, Clone)]
pub struct ClientCredentials;
/// Placeholder
#[derive(Debug, Clone)]
pub struct ClientAuthentication;
