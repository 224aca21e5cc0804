//! What a token is for, and why one is worth nothing.

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Access,
    Refresh,
    /// An authorization code, with what has to fit when it is redeemed.
    Code {
        redirect_uri: String,
        challenge: String,
    },
}

/// Why a token is worth nothing, in the words of flyteadmin's JWT library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// It is no JWT.
    Segments,
    /// It was signed by another key, or not at all.
    Signature,
    /// Its lifetime is over.
    Expired,
}

impl InvalidToken {
    /// As it stands in the status of a rejected call.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Segments => "token contains an invalid number of segments",
            Self::Signature => "crypto/rsa: verification error",
            Self::Expired => "Token is expired",
        }
    }
}
