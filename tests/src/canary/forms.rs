//! The shapes in which a secret may turn up.

use base64::Engine as _;

const HALF: usize = 16;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Half a secret: long enough never to turn up by chance, and without characters that any encoding of URLs touches, so
/// that looking for the halves finds a URL-encoded secret too.
pub(super) fn random_half() -> String {
    (0..HALF).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).collect()
}

/// What to look for, so that `half` is found raw, in base64 of whatever it is a part of, in hexadecimal, and as a list
/// of numbers (the `Debug` of bytes).
pub(super) fn of(half: &str) -> Vec<String> {
    let bytes = half.as_bytes();
    let base64 = base64::engine::general_purpose::STANDARD;
    // Base64 encodes groups of three bytes; which of the secret's bytes share a group with what stands before it
    // depends on where it begins. Only whole groups are looked for, so padding and neighbours do not matter.
    let encoded = (0..3).map(|skipped| {
        let groups = (bytes.len() - skipped) / 3;
        base64.encode(&bytes[skipped..skipped + groups * 3])
    });
    let numbers = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let hexadecimal = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [half.to_owned(), numbers, hexadecimal.to_uppercase(), hexadecimal].into_iter().chain(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found_in(half: &str, text: &str) -> bool {
        of(half).iter().any(|form| text.contains(form))
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins() {
        let half = random_half();
        for before in ["", "a", "ab", "abc", "client:"] {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{before}{half}+/{}", random_half()));
            assert!(is_found_in(&half, &text), "not found behind {before:?}");
        }
    }

    #[test]
    fn a_secret_is_found_in_the_debug_of_its_bytes() {
        let half = random_half();
        assert!(is_found_in(&half, &format!("{:?}", half.as_bytes())));
    }

    #[test]
    fn another_secret_is_not_found() {
        let half = random_half();
        assert!(!is_found_in(&half, &random_half()));
    }
}
