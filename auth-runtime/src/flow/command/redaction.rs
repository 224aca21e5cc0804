//! What a program said to its error output, fit to be repeated: without what may be a secret, and short.

use crate::{limits, plain_text::is_obeyed};

const REMOVED: &str = "[redacted]";

/// Runs of this many characters that are made like a token count as one. Words are shorter.
const TOKEN_LENGTH: usize = 32;

/// Texts in JSON of this many bytes count as a token: most of its own words have fewer.
const TEXT_IN_JSON: usize = 16;

/// A value behind one of these words is removed, however short.
const NAMES: [&str; 8] = ["token", "secret", "password", "passwd", "authorization", "bearer", "basic", "key"];

/// The last words of `stderr`. Whatever the program printed to `stdout` was to be the token: it is removed as well.
pub(super) fn clean(stderr: &[u8], stdout: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(stderr).into_owned();
    for secret in printed(&String::from_utf8_lossy(stdout)) {
        text = text.replace(secret, REMOVED);
    }
    let mut words: Vec<&str> = Vec::new();
    let mut named = false;
    for word in text.split_whitespace() {
        let (name, value) = word.split_once(['=', ':']).map_or((word, None), |(name, value)| (name, Some(value)));
        let names_secret = names_secret(name);
        match value {
            Some(value) if names_secret && !value.is_empty() => words.extend([name, REMOVED]),
            _ if named && !names_secret => words.push(REMOVED),
            _ if looks_like_token(word) => words.push(REMOVED),
            _ => words.push(word),
        }
        // `Authorization: Bearer abc`, `token: abc`, and `the token abc` only with a mark between them.
        named = names_secret && (value.is_some_and(str::is_empty) || is_scheme(name));
    }
    cut(&words.join(" "))
}

/// Each line, and in JSON each text that could be a token. A line of brackets is none.
fn printed(stdout: &str) -> impl Iterator<Item = &str> {
    let lines = stdout.lines().map(str::trim).filter(|line| line.contains(char::is_alphanumeric));
    let texts = stdout.split('"').filter(|text| stdout.contains('{') && text.len() >= TEXT_IN_JSON);
    texts.chain(lines)
}

fn names_secret(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    NAMES.iter().any(|name| word.ends_with(name)) || is_scheme(&word)
}

fn is_scheme(word: &str) -> bool {
    let word = word.trim_matches(|character: char| !character.is_alphanumeric());
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

fn looks_like_token(word: &str) -> bool {
    let part = |character: char| character.is_ascii_alphanumeric() || "-_~+/=".contains(character);
    word.split(|character| !part(character)).any(|run| {
        let path = run.starts_with(['/', '~']);
        let mixed = run.contains(|c: char| c.is_ascii_digit())
            || run.contains(|c: char| c.is_ascii_uppercase()) && run.contains(|c: char| c.is_ascii_lowercase());
        run.starts_with("eyJ") || run.len() >= TOKEN_LENGTH && mixed && !path
    })
}

/// Errors stand at the end of what a program says.
fn cut(text: &str) -> String {
    let clean: Vec<char> = text.chars().filter(|character| !is_obeyed(*character)).collect();
    match clean.len().checked_sub(limits::MAX_DESCRIPTION_CHARS) {
        None | Some(0) => clean.into_iter().collect(),
        Some(excess) => std::iter::once('…').chain(clean.into_iter().skip(excess)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(stderr: &str) -> String {
        clean(stderr.as_bytes(), b"")
    }

    #[test]
    fn what_may_be_a_secret_is_removed() {
        for (said, left) in [
            ("bad token: abc", "bad token: [redacted]"),
            ("bad token=abc, sorry", "bad token [redacted] sorry"),
            ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
            ("got eyJhbGciOi.x.y back", "got [redacted] back"),
            ("0123456789abcdef0123456789abcdef", "[redacted]"),
            ("CLIENT_SECRET=hunter2", "CLIENT_SECRET [redacted]"),
        ] {
            assert_eq!(cleaned(said), left, "{said}");
        }
    }

    #[test]
    fn what_helps_stays() {
        for said in [
            "error: not logged in, run `gcloud auth login`",
            "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
            "/usr/lib/x86_64-linux-gnu/libsomething.so.1: cannot open",
            "the token has expired",
            "could-not-find-default-credentials-file",
        ] {
            assert_eq!(cleaned(said), said);
        }
    }

    #[test]
    fn the_output_is_not_repeated_and_the_end_is_kept() {
        assert_eq!(clean(b"I printed s3cret\nand died", b"s3cret\n"), "I printed [redacted] and died");
        let json = b"{\n \"token\": \"0123-not-like-a-token\"\n}";
        assert_eq!(clean(b"cannot write { 0123-not-like-a-token", json), "cannot write { [redacted]");
        let long = format!("{} the reason", "word ".repeat(200));
        let cut = cleaned(&long);
        assert!(cut.starts_with('…') && cut.ends_with("the reason"), "{cut}");
        assert_eq!(cut.chars().count(), limits::MAX_DESCRIPTION_CHARS + 1);
    }
}
