//! Our clock against the server's: tokens expire by both.

use std::time::{Duration, SystemTime};

use super::finding::Finding;
use crate::exit::Failure;

const CHECK: &str = "clock";
/// `Date` counts whole seconds, and the answer took its way.
const USUAL: Duration = Duration::from_secs(10);
/// Beyond this, servers take fresh tokens for expired ones, or for ones that are not valid yet.
const MOST: Duration = Duration::from_secs(5 * 60);

pub(super) fn check(clocks: Option<(SystemTime, SystemTime)>) -> Finding {
    let Some((theirs, ours)) = clocks else {
        return Finding::look(CHECK, "nothing answered over HTTP with its time, so that the clocks cannot be compared");
    };
    let (apart, which) = match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let text = format!("this machine is {} s {which} the server", apart.as_secs());
    match apart {
        _ if apart <= USUAL => Finding::ok(CHECK, "as the server's"),
        _ if apart <= MOST => Finding::look(CHECK, text),
        _ => Finding::wrong(
            CHECK,
            Failure::Other,
            format!("{text}; set the clock, or tokens count as expired too early or too late"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_clock_is_wrong_by_how_far_it_is_off_in_either_direction() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let level = |apart| {
            let levels = [ours - Duration::from_secs(apart), ours + Duration::from_secs(apart)]
                .map(|theirs| check(Some((theirs, ours))).level);
            assert_eq!(levels[0], levels[1], "{apart}");
            levels[0]
        };
        assert_eq!(level(3), Level::Ok);
        assert_eq!(level(60), Level::Look);
        assert_eq!(level(3_600), Level::Wrong(Failure::Other));
        assert_eq!(check(None).level, Level::Look);
    }
}
