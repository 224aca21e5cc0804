//! Whether a secret comes out, or something that is obeyed instead of shown.
//!
//! That a message has a secret's characters in it says nothing: libFuzzer soon tries secrets such as `endpoint`. So the
//! same is done with another secret of the same shape, and a message that changes with it holds some of it.

/// Secrets that inputs may hold anywhere. No message has them by chance.
pub const CANARY: &str = "Zq7Wx-canary-4Jk9";

/// Another secret of the same length and shape: letters stay letters, digits stay digits, all else stays as it is.
pub fn another(secret: &str) -> String {
    let turned = |first: u8, count: u8, byte: u8| char::from(first + (byte - first + count / 2) % count);
    secret
        .chars()
        .map(|character| match character {
            'a'..='z' => turned(b'a', 26, character as u8),
            'A'..='Z' => turned(b'A', 26, character as u8),
            '0'..='9' => turned(b'0', 10, character as u8),
            other => other,
        })
        .collect()
}

/// Fails if what is shown has the canary in it.
pub fn assert_hidden(shown: &str) {
    assert!(!shown.contains(CANARY), "a secret is shown: {shown}");
}

/// Fails if what is shown has characters that a terminal or a log obeys.
pub fn assert_plain(shown: &str) {
    let obeyed = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!shown.contains(obeyed), "it is obeyed: {shown:?}");
}
