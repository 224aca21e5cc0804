//! What a provider says in its own words: cleaned before it is repeated in an error.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded::byte_serialize;

use crate::{limits, plain_text::plain_text};

const REMOVED: &str = "[redacted]";

/// Shorter pieces of a secret turn up by chance and give nothing away.
const SHORTEST_PIECE: usize = 8;

/// The secrets of one request, which a provider may repeat in its answer (some echo the whole request).
pub(crate) struct Secrets {
    /// In all encodings, the longest first, so that nothing of a longer one stays behind.
    forms: Vec<SecretString>,
}

impl Secrets {
    /// Of a request without any.
    pub(crate) fn none() -> Self {
        Self { forms: Vec::new() }
    }

    /// What to remove: each secret raw, URL-encoded and in base64, whole or by half.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let forms = secrets.into_iter().filter(|secret| !secret.is_empty()).flat_map(forms);
        let mut forms: Vec<String> = forms.map(|form| plain_text(&form).into_owned()).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { forms: forms.into_iter().map(SecretString::from).collect() }
    }

    /// The provider's words without secrets and as plain text, cut to [`limits::MAX_DESCRIPTION_CHARS`].
    pub(crate) fn clean(&self, words: &str) -> String {
        // Before secrets are looked for: one that has blanks must not come together from what is cleaned.
        let words = plain_text(words);
        let mut clean = String::new();
        let mut rest = &*words;
        for _ in 0..limits::MAX_DESCRIPTION_CHARS {
            let secret = self.forms.iter().map(SecretString::expose_secret).find(|form| rest.starts_with(form));
            let Some(character) = rest.chars().next() else { break };
            match secret {
                Some(_) => clean.push_str(REMOVED),
                None => clean.push(character),
            }
            rest = &rest[secret.map_or(character.len_utf8(), str::len)..];
        }
        if !rest.is_empty() {
            clean.push('…');
        }
        clean
    }
}

/// The words without what may be a secret that nobody here knows, such as a token in a page: long runs of letters
/// and digits that are no word. A code such as `AADSTS900144` is none.
pub(super) fn without_likely_secrets(words: &str) -> String {
    let mut clean = String::with_capacity(words.len());
    for word in words.split_inclusive(char::is_whitespace) {
        let space = word.len() - word.trim_end().len();
        let (word, space) = word.split_at(word.len() - space);
        match word.split(|character: char| !character.is_ascii_alphanumeric()).any(is_likely_secret) {
            true => clean.push_str(REMOVED),
            false => clean.push_str(word),
        }
        clean.push_str(space);
    }
    clean
}

/// By how often capitals, small letters and digits follow each other: in words they rarely do.
fn is_likely_secret(run: &str) -> bool {
    const SHORTEST: usize = 10;
    let kinds: Vec<_> = run.bytes().map(|byte| (byte.is_ascii_digit(), byte.is_ascii_uppercase())).collect();
    let digits = kinds.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    run.len() >= SHORTEST && (digits >= 2 || (changes * 10 >= run.len() * 3 && !is_camel_case(run)))
}

/// `InvalidApiKey`: nothing but letters, and no small letter alone.
fn is_camel_case(run: &str) -> bool {
    let mut small = run.split(|letter: char| letter.is_ascii_uppercase());
    run.bytes().all(|byte| byte.is_ascii_alphabetic()) && small.all(|letters| letters.len() != 1)
}

fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let form_encoded: String = byte_serialize(bytes).collect();
    let percent_encoded = percent_encode(bytes, NON_ALPHANUMERIC).to_string();
    let mut whole = vec![lower_case_escapes(&form_encoded), lower_case_escapes(&percent_encoded)];
    // As a page shows it.
    whole.push(secret.split_whitespace().collect::<Vec<_>>().join(" "));
    whole.extend([secret.to_owned(), form_encoded, percent_encoded]);
    // Base64 encodes groups of three bytes: how a secret looks depends on how much stands before it.
    for skipped in 0..bytes.len().min(3) {
        let groups = &bytes[skipped..bytes.len() - (bytes.len() - skipped) % 3];
        whole.extend([STANDARD_NO_PAD.encode(groups), URL_SAFE_NO_PAD.encode(groups)]);
    }
    let halves: Vec<String> = whole.iter().flat_map(|form| halves(form)).collect();
    whole.retain(|form| form == secret || form.len() >= SHORTEST_PIECE);
    whole.extend(halves);
    whole
}

fn halves(form: &str) -> Vec<String> {
    let (first, second) = form.split_at(middle(form));
    [first, second].into_iter().filter(|half| half.len() >= SHORTEST_PIECE).map(str::to_owned).collect()
}

fn middle(text: &str) -> usize {
    (text.len() / 2..text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or_default()
}

/// Escapes may be written `%3a` as well as `%3A` (RFC 3986 section 2.1).
fn lower_case_escapes(encoded: &str) -> String {
    let mut escaped = 0;
    let lower = |character: char| {
        if character == '%' {
            escaped = 2;
            return character;
        }
        if escaped == 0 {
            return character;
        }
        escaped -= 1;
        character.to_ascii_lowercase()
    };
    encoded.chars().map(lower).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const SECRET: &str = "cañon: s3cr3t%Value+/X";

    fn cleaned(words: &str) -> String {
        Secrets::new([SECRET]).clean(words)
    }

    #[test]
    fn a_secret_is_removed_in_every_encoding() {
        let form: String = byte_serialize(SECRET.as_bytes()).collect();
        let encodings = [
            SECRET.to_owned(),
            form.clone(),
            form.replace("%C3%B1", "%c3%b1").replace("%3A", "%3a").replace("%2B", "%2b").replace("%2F", "%2f"),
            percent_encode(SECRET.as_bytes(), NON_ALPHANUMERIC).to_string(),
        ];
        for encoding in encodings {
            assert_eq!(cleaned(&format!("bad secret <{encoding}>.")), "bad secret <[redacted]>.", "{encoding}");
        }
    }

    #[test]
    fn a_secret_is_removed_from_base64_wherever_it_begins() {
        for before in ["", "i", "id", "id:", "client:"] {
            let echoed = STANDARD.encode(format!("{before}{SECRET}"));
            let cleaned = cleaned(&format!("Basic {echoed}"));
            assert!(cleaned.contains(REMOVED), "{cleaned}");
            assert!(!cleaned.contains(&echoed[12..20]), "{cleaned}");
        }
    }

    #[test]
    fn half_a_secret_is_removed() {
        let middle = middle(SECRET);
        assert_eq!(cleaned(&SECRET[..middle]), REMOVED);
        assert_eq!(cleaned(&SECRET[middle..]), REMOVED);
    }

    #[test]
    fn a_secret_is_removed_whatever_control_characters_are_in_it() {
        for secret in ["correct horse battery", "correct\thorse\nbattery"] {
            for words in ["correct\u{1b}horse\nbattery", "correct horse battery"] {
                assert_eq!(Secrets::new([secret]).clean(words), REMOVED, "{secret:?} {words:?}");
            }
        }
    }

    #[test]
    fn other_words_stay_and_are_cut() {
        assert_eq!(cleaned("no such\nclient\u{1b}[31m"), "no such client [31m");
        let long = "é".repeat(500);
        assert_eq!(cleaned(&long), format!("{}…", "é".repeat(limits::MAX_DESCRIPTION_CHARS)));
    }

    #[test]
    fn short_and_empty_secrets_are_no_trouble() {
        assert_eq!(
            Secrets::new(["", "a", "é"]).clean("a bad é day"),
            format!("{REMOVED} b{REMOVED}d {REMOVED} d{REMOVED}y")
        );
    }

    #[test]
    fn what_looks_like_a_token_is_removed_and_what_is_a_word_or_a_code_stays() {
        for (words, expected) in [
            ("trace 4bf92f3577b34da6a3ce929d0e0e4736, sorry", "trace [redacted] sorry"),
            ("token:eyJhbGciOiJSUzI1NiIsInR5.eyJhdWQiOiJmbHl0ZSJ9", REMOVED),
            (
                "AADSTS900144: oauth.v2.InvalidApiKey E0000011\n2026-11-26T20:15:00Z",
                "AADSTS900144: oauth.v2.InvalidApiKey E0000011\n2026-11-26T20:15:00Z",
            ),
        ] {
            assert_eq!(without_likely_secrets(words), expected);
        }
    }
}
