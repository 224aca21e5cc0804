//! Secrets that must not be seen: every test takes its tokens and passwords from a [`Canary`], which looks for them at
//! the end of the test in all that the process logged (at TRACE, all crates), in panics, and in the `Debug` and
//! `Display` of all that the test laid eyes on.

mod capture;
mod forms;
mod subscriber;

pub use capture::{observe, observe_error, observe_text};

use crate::guard::Watchdog;

/// The secrets of one test. Its drop fails the test if one of them was seen where none belongs.
#[derive(Debug)]
pub struct Canary {
    owner: capture::Owner,
    _watchdog: Watchdog,
}

impl Canary {
    /// Starts to capture, if no other test of the process has, and registers no secret yet.
    pub fn new() -> Self {
        subscriber::install();
        Self { owner: capture::register(), _watchdog: Watchdog::start() }
    }

    /// A fresh secret, fit for an access token as well as for a password: it changes under base64 and URL encoding, and
    /// each half of it is looked for on its own.
    pub fn secret(&self) -> String {
        let (first, second) = (forms::random_half(), forms::random_half());
        capture::watch_for(self.owner, [first.as_str(), second.as_str()]);
        format!("{first}+/{second}")
    }

    /// A fresh secret of `length` bytes, such as a JWT's.
    pub fn long_secret(&self, length: usize) -> String {
        let mut secret = self.secret();
        while secret.len() < length {
            secret.push_str(&self.secret());
        }
        secret.truncate(length);
        secret
    }

    /// Checks now what the drop checks, and forgets what was found.
    ///
    /// # Panics
    ///
    /// If a secret was seen.
    pub fn check(&self) {
        assert_unseen(&self.sightings());
    }

    /// Where secrets of this canary were seen since the last time, with the text around them.
    pub fn sightings(&self) -> Vec<String> {
        capture::sightings(self.owner)
    }
}

/// A text that this process is to log, and not a secret.
#[derive(Debug)]
pub struct Phrase {
    owner: capture::Owner,
}

impl Phrase {
    /// Listens from now on.
    pub fn listen_for(text: &str) -> Self {
        subscriber::install();
        let owner = capture::register();
        capture::watch_for(owner, [text]);
        Self { owner }
    }

    /// Whether it was logged since the last time, or is in something that was observed.
    pub fn was_said(&self) -> bool {
        self.times() > 0
    }

    /// How often it was logged since the last time.
    pub fn times(&self) -> usize {
        capture::sightings(self.owner).len()
    }
}

impl Drop for Phrase {
    fn drop(&mut self) {
        capture::release(self.owner);
    }
}

fn assert_unseen(sightings: &[String]) {
    assert!(sightings.is_empty(), "a secret was seen {} times, first of all here:\n{}", sightings.len(), sightings[0]);
}

impl Default for Canary {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        let sightings = capture::release(self.owner);
        if !std::thread::panicking() {
            assert_unseen(&sightings);
        }
    }
}
