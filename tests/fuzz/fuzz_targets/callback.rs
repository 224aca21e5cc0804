//! What comes in on a connection to the redirect URI while a login waits for its browser. Where the input says
//! [`COOKIE`], the cookie stands that the browser got when it opened the login's link.
#![no_main]

use std::borrow::Cow;

use auth_runtime::{AuthError, fuzzing};
use fuzz::{
    answer::line,
    runtime,
    secret::{CANARY, assert_hidden, assert_plain},
};
use libfuzzer_sys::fuzz_target;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    sync::oneshot,
};

const COOKIE: &[u8] = b"{cookie}";
const STATE: &str = "login-9Xk";
const ISSUER: &str = "https://idp.example.com";

fuzz_target!(|request: &[u8]| {
    let (outcome, reply) = exchange(request);
    assert!(!reply.contains(STATE), "the state is shown: {reply}");
    // What a page says of the login stands in it as text: its own markup is all there is.
    let markup = reply.matches('<').count();
    assert!(markup == 0 || markup == PAGE.matches('<').count(), "{reply}");

    let Some(outcome) = outcome else { return };
    assert!(
        request.windows(COOKIE.len()).any(|part| part == COOKIE),
        "a browser without the cookie answered the login"
    );
    let target = target(request).expect("what is answered is a GET request for the redirect URI");
    assert_eq!(one(target, "state").as_deref(), Some(STATE), "{target}");
    let code = one(target, "code").filter(|code| !code.is_empty());
    match outcome {
        Ok(accepted) => {
            assert_eq!(code.as_deref(), Some(accepted.expose_secret()), "{target}");
            assert_eq!(one(target, "error"), None, "{target}");
            assert!(one(target, "iss").is_none_or(|issuer| issuer == ISSUER), "{target}");
        }
        Err(error) => {
            assert_plain(&format!("{error} {error:?}"));
            let shown = format!("{error} {error:?} {reply}");
            assert!(!shown.contains(STATE), "the state is shown: {shown}");
            if code.as_deref() == Some(CANARY) {
                assert_hidden(&shown);
            }
        }
    }
});

const PAGE: &str = include_str!("../../../auth-runtime/src/flow/oauth/pkce/page.html");

/// What a request says of the login, and all that is sent back.
fn exchange(request: &[u8]) -> (Option<Result<SecretString, AuthError>>, String) {
    runtime::run(async {
        let (sender, receiver) = oneshot::channel();
        let connect = |cookie: &str| {
            let request = with_cookie(request, cookie.as_bytes());
            let (browser, listener) = duplex(request.len() + 64 * 1024);
            let _ = sender.send((browser, request));
            listener
        };
        let browse = async {
            let (mut browser, request) = receiver.await.expect("a connection");
            browser.write_all(&request).await.expect("there is room for all of it");
            browser
        };
        let (outcome, mut browser) = tokio::join!(fuzzing::callback(connect, STATE, Some(ISSUER)), browse);
        let mut reply = Vec::new();
        browser.read_to_end(&mut reply).await.expect("memory can be read");
        (outcome, String::from_utf8_lossy(&reply).into_owned())
    })
}

fn with_cookie(request: &[u8], cookie: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    let mut rest = request;
    while let Some(at) = rest.windows(COOKIE.len()).position(|part| part == COOKIE) {
        written.extend([&rest[..at], cookie].concat());
        rest = &rest[at + COOKIE.len()..];
    }
    written.extend(rest);
    written
}

/// The query of the first request on the connection.
fn target(request: &[u8]) -> Option<&str> {
    let start = request.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let (first, _) = line(&request[start..]);
    let mut words = std::str::from_utf8(first).ok()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split('#').next()?.split_once('?').unwrap_or((target, ""));
    (method == "GET" && path.ends_with("/callback")).then_some(query)
}

/// The value of a parameter that is there once.
fn one<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut values = query.split('&').filter_map(|pair| {
        let (given, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(given) == name).then(|| decoded(value))
    });
    values.next().filter(|_| values.next().is_none())
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return text.into();
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).filter(|_| *byte == b'%');
        let escaped = escaped.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *byte == b'+' { b' ' } else { *byte });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}
