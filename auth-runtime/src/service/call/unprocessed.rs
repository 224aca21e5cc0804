//! Attempts that the server provably did not process (gRPC proposal A6, "transparent retries").

use std::error::Error as StdError;

/// How far an attempt came that no server has processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unprocessed {
    /// It never left this process: the connection was closed before its turn.
    #[cfg_attr(not(feature = "transport"), allow(dead_code, reason = "only tonic's channel says so"))]
    NeverSent,
    /// The server's HTTP/2 refused it: REFUSED_STREAM, or above the last stream of a GOAWAY.
    Refused,
}

impl Unprocessed {
    /// What an error of the transport proves.
    ///
    /// "dispatch task is gone", an end of file and a broken pipe prove nothing: the request may have left.
    pub(super) fn proven_by(error: &(dyn StdError + 'static)) -> Option<Self> {
        Self::said_by(error).or_else(|| Self::proven_by(error.source()?))
    }

    fn said_by(error: &(dyn StdError + 'static)) -> Option<Self> {
        #[cfg(feature = "transport")]
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return Some(Self::NeverSent);
        }
        let error = error.downcast_ref::<h2::Error>()?;
        let refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
        (error.is_remote() && (refused || error.is_go_away())).then_some(Self::Refused)
    }
}

/// How often an attempt may be repeated that nobody processed.
#[derive(Debug, Default)]
pub(super) struct TransparentRetries {
    never_sent: u8,
    refused: u8,
}

impl TransparentRetries {
    /// Whether there is another. What never left costs a server nothing; a server that refuses is asked once more.
    pub(super) fn allow(&mut self, unprocessed: Unprocessed) -> bool {
        let (count, most) = match unprocessed {
            Unprocessed::NeverSent => (&mut self.never_sent, crate::limits::NEVER_SENT_RETRIES),
            Unprocessed::Refused => (&mut self.refused, crate::limits::REFUSED_RETRIES),
        };
        let allowed = *count < most;
        *count = count.saturating_add(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_this_side_resets_proves_nothing() {
        let local = h2::Error::from(h2::Reason::REFUSED_STREAM);
        assert_eq!(Unprocessed::proven_by(&local), None);
        assert_eq!(Unprocessed::proven_by(&std::io::Error::from(std::io::ErrorKind::BrokenPipe)), None);
    }

    #[test]
    fn what_never_left_is_repeated_three_times_and_what_was_refused_once() {
        for (unprocessed, most) in [(Unprocessed::NeverSent, 3), (Unprocessed::Refused, 1)] {
            let mut retries = TransparentRetries::default();
            let allowed = (0..5).filter(|_| retries.allow(unprocessed)).count();
            assert_eq!(allowed, most, "{unprocessed:?}");
        }
    }
}
