//! The last login that a person took part in and that brought nothing. It is kept beside the credentials, so that another
//! program does not ask again at once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Moment;
use crate::{AuthError, AuthErrorKind};

/// A login that ended for good, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) struct EndedLogin {
    end: LoginEnding,
    at: SystemTime,
}

/// How a login ends so that another window a second later would only be in the person's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginEnding {
    /// The person said no.
    Declined,
    /// The person did nothing.
    Fruitless,
    /// The provider will not have them, or not this program.
    Refused,
}

const ENDINGS: [(LoginEnding, &str, &str); 3] = [
    (LoginEnding::Declined, "declined", "was declined"),
    (LoginEnding::Fruitless, "fruitless", "was not answered"),
    (LoginEnding::Refused, "refused", "was refused"),
];

impl LoginEnding {
    /// `None` for an end that may come from nobody's will: another login may be begun at once.
    pub(super) fn of(error: &AuthError) -> Option<Self> {
        match error.kind() {
            AuthErrorKind::TimedOut => Some(Self::Fruitless),
            AuthErrorKind::Interrupted => None,
            _ if error.is_transient() => None,
            _ => match error.oauth_error() {
                Some("access_denied") => Some(Self::Declined),
                Some("expired_token") => Some(Self::Fruitless),
                _ => Some(Self::Refused),
            },
        }
    }
}

impl EndedLogin {
    /// A login that a person was asked for has just ended with this error.
    pub(in crate::session) fn of(error: &AuthError, now: &Moment) -> Option<Self> {
        LoginEnding::of(error).map(|end| Self { end, at: now.wall })
    }

    /// Reads a note. One that is malformed says nothing.
    pub(in crate::session) fn read(note: &str) -> Option<Self> {
        let (name, seconds) = note.trim().split_once(' ')?;
        let (end, ..) = ENDINGS.into_iter().find(|(_, known, _)| *known == name)?;
        let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds.parse().ok()?))?;
        Some(Self { end, at })
    }

    /// The note that says so.
    pub(in crate::session) fn note(&self) -> String {
        let seconds = self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("{} {seconds}", self.words().0)
    }

    /// What it is that keeps others from asking within this pause, if it still does: "was declined 12 s ago".
    pub(in crate::session) fn stands(&self, now: &Moment, pause: Duration) -> Option<String> {
        // A moment that is still to come is that of another clock.
        let age = now.wall.duration_since(self.at).ok().filter(|age| *age < pause)?;
        Some(format!("{} {} s ago", self.words().1, age.as_secs()))
    }

    fn words(&self) -> (&'static str, &'static str) {
        let words = ENDINGS.into_iter().find(|(end, ..)| *end == self.end);
        words.map_or(("refused", "was refused"), |(_, name, words)| (name, words))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(300);

    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(seconds) }
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn what_a_person_or_a_provider_ended_is_remembered_and_what_nobody_wanted_is_not() {
        let rejected = |code: &str| AuthError::rejected("the authorization", code.to_owned(), None);
        for (error, note) in [
            (rejected("access_denied"), Some("declined 7")),
            (rejected("expired_token"), Some("fruitless 7")),
            (AuthError::timed_out("the login", PAUSE), Some("fruitless 7")),
            (rejected("invalid_client"), Some("refused 7")),
            (AuthError::permanent("no"), Some("refused 7")),
            (AuthError::transient("busy"), None),
            (AuthError::interrupted("its runtime was shut down"), None),
        ] {
            let ended = EndedLogin::of(&error, &at(7));
            assert_eq!(ended.map(|ended| ended.note()).as_deref(), note, "{error}");
            let read = ended.and_then(|ended| EndedLogin::read(&ended.note()));
            assert_eq!(read, ended, "{error}");
        }
    }

    #[test]
    fn it_stands_for_the_pause_and_not_before_it_was() {
        let ended = EndedLogin::read("declined 1000").unwrap();
        assert_eq!(ended.stands(&at(1012), PAUSE).unwrap(), "was declined 12 s ago");
        assert!(ended.stands(&at(1299), PAUSE).is_some());
        for never in [999, 1300, 1_000_000] {
            assert_eq!(ended.stands(&at(never), PAUSE), None, "{never}");
        }
    }

    #[test]
    fn a_note_that_is_malformed_says_nothing() {
        for note in ["", "declined", "declined x", "declined -1", "praised 1", "declined 99999999999999999999", "{}"] {
            assert_eq!(EndedLogin::read(note), None, "{note}");
        }
        assert!(EndedLogin::read("fruitless 18446744073709551615").is_none_or(|it| it.stands(&at(1), PAUSE).is_none()));
    }
}
