//! Certificates that nobody verifies are told of, for each authenticator.

use auth_runtime::{Authenticator, Verify};
use tests::canary::Phrase;

#[test]
fn each_authenticator_that_verifies_no_certificates_says_so_once() {
    for number in 0..100 {
        let endpoint = format!("https://unverified-{number}.example.com");
        let phrase = Phrase::listen_for(&format!("not verified, so that anybody can pass for: {endpoint}"));
        for _ in 0..2 {
            let authenticator = Authenticator::builder(&endpoint).verify(Verify::InsecureSkip).build().unwrap();
            assert_eq!(phrase.times(), 1, "{endpoint}");
            drop(authenticator.clone());
            assert_eq!(phrase.times(), 0, "{endpoint}");
        }
        Authenticator::builder(&endpoint).build().unwrap();
        assert_eq!(phrase.times(), 0, "{endpoint}");
    }
}
