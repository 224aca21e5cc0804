//! What comes of calls, by the tokens that they carry.

use tonic::{Code, Request, Status, metadata::AsciiMetadataKey};

use super::{Observation, Verdict};
use crate::proto::admin::GetVersionRequest;

/// A token, by what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Nothing.
    Good,
    /// It is no token of anybody.
    Garbage,
    /// Its time is over.
    Expired,
    /// Another key has signed it.
    OtherKey,
    /// It lacks the scope `all`.
    Narrow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// The one that the server publishes.
    Published,
    Authorization,
}

/// A header: its key, what stands before the token, and the token.
type Header = (Key, &'static str, Token);

#[derive(Debug, Clone, Copy)]
enum Answer {
    Accepted,
    /// Why the access token is none, and why the id token is none.
    NoToken(&'static str, &'static str),
    NoScope,
}

/// A call, and what a flyteadmin answers to it.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// What is sent, in words.
    pub sent: &'static str,
    headers: &'static [Header],
    answer: Answer,
}

const WITH_ID: &str = "Request unauthenticated with IDToken";
const NO_STRING: &str = "Bad authorization string";
const NOTHING: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc error: \
                       code = Unauthenticated desc = Request unauthenticated with Bearer";
const NO_SCHEME: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc \
                         error: code = Unauthenticated desc = Bad authorization string";
const SEGMENTS: Answer = Answer::NoToken("token contains an invalid number of segments", WITH_ID);

const GARBAGE: Header = (Key::Published, "Bearer ", Token::Garbage);
const OTHER_GARBAGE: Header = (Key::Authorization, "Bearer ", Token::Garbage);
const GOOD: Header = (Key::Published, "Bearer ", Token::Good);

const fn call(sent: &'static str, headers: &'static [Header], answer: Answer) -> Call {
    Call { sent, headers, answer }
}

/// All that is known of calls.
pub const CALLS: &[Call] = &[
    call("nothing", &[], Answer::NoToken(NOTHING, WITH_ID)),
    call("garbage", &[GARBAGE], SEGMENTS),
    call("no scheme", &[(Key::Published, "", Token::Garbage)], Answer::NoToken(NO_SCHEME, NO_STRING)),
    call("garbage as `authorization`", &[OTHER_GARBAGE], SEGMENTS),
    call("two values of garbage", &[GARBAGE, GARBAGE], SEGMENTS),
    call("garbage under both keys", &[OTHER_GARBAGE, GARBAGE], SEGMENTS),
    call(
        "an expired token",
        &[(Key::Published, "Bearer ", Token::Expired)],
        Answer::NoToken("Token is expired", WITH_ID),
    ),
    call(
        "a token signed by another key",
        &[(Key::Published, "Bearer ", Token::OtherKey)],
        Answer::NoToken("crypto/rsa: verification error", WITH_ID),
    ),
    call("a good token without a scheme", &[(Key::Published, "", Token::Good)], Answer::NoToken(NO_SCHEME, NO_STRING)),
    call("a token without the scope `all`", &[(Key::Published, "Bearer ", Token::Narrow)], Answer::NoScope),
    call("a good token", &[GOOD], Answer::Accepted),
    call("a good token as `authorization`", &[(Key::Authorization, "Bearer ", Token::Good)], Answer::Accepted),
    call("a good token behind a small bearer", &[(Key::Published, "bearer ", Token::Good)], Answer::Accepted),
    call("garbage as `authorization` beside a good token", &[OTHER_GARBAGE, GOOD], SEGMENTS),
    call("two values, the first of them garbage", &[GARBAGE, GOOD], SEGMENTS),
];

impl Call {
    /// Whether it carries nothing of anybody's.
    pub fn is_harmless(&self) -> bool {
        self.headers.iter().all(|(_, _, token)| *token == Token::Garbage)
    }

    /// The request, under the key that the server publishes. Nothing, if that is no key.
    pub fn request(&self, published: &str, tokens: impl Fn(Token) -> String) -> Option<Request<GetVersionRequest>> {
        let mut request = Request::new(GetVersionRequest {});
        for (key, scheme, token) in self.headers {
            let key = match key {
                Key::Published => published.parse::<AsciiMetadataKey>().ok()?,
                Key::Authorization => AsciiMetadataKey::from_static("authorization"),
            };
            request.metadata_mut().append(key, format!("{scheme}{}", tokens(*token)).parse().ok()?);
        }
        Some(request)
    }

    /// What was answered, beside what a flyteadmin answers.
    pub fn observe(&self, outcome: Result<(), &Status>) -> Observation {
        let told = |code: Code, message: &str| match code {
            Code::Ok => "accepted".to_owned(),
            code => format!("{code:?}: {message}"),
        };
        let found = outcome.map_or_else(|status| told(status.code(), status.message()), |()| told(Code::Ok, ""));
        let otherwise = match outcome.map_err(Status::code) {
            Err(Code::Unauthenticated) => Verdict::Differs("rejected, in words of its own"),
            Err(_) => Verdict::Doubtful("no login begins on this"),
            Ok(()) => Verdict::Doubtful("the call got through, and should not"),
        };
        let flyteadmins = match self.answer {
            Answer::Accepted => told(Code::Ok, ""),
            Answer::NoScope => told(Code::Unauthenticated, "authenticated user doesn't have required scope"),
            Answer::NoToken(access_token, id_token) => told(
                Code::Unauthenticated,
                &format!(
                    "token parse error id token err: access token err: {access_token}, access token err: \
                     [JWT_VERIFICATION_FAILED] Could not retrieve id token from metadata, caused by: rpc error: code = \
                     Unauthenticated desc = {id_token}"
                ),
            ),
        };
        Observation::compare(self.sent, found, flyteadmins, otherwise)
    }
}
