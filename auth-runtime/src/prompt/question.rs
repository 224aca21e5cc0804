//! A question on the terminal that wants a yes.

use std::io::{self, BufRead as _, IsTerminal as _};

use tokio::sync::oneshot;

/// Whether the person at the terminal says yes. Without a terminal nobody does.
///
/// Dropping the future ends the question: what is typed later is left to the program.
pub(super) async fn says_yes() -> bool {
    if !io::stdin().is_terminal() {
        return false;
    }
    let (answer, answered) = oneshot::channel();
    // A thread of its own: nobody knows when the person answers, and the runtime's end must not wait for it.
    let reading = std::thread::Builder::new().name("login-question".to_owned());
    let spawned = reading.spawn(move || {
        if let Some(line) = read_line(|| answer.is_closed()) {
            let _ = answer.send(is_yes(&line));
        }
    });
    spawned.is_ok() && answered.await.unwrap_or_default()
}

/// One line, unless nobody waits for it any more.
fn read_line(is_given_up: impl Fn() -> bool) -> Option<String> {
    while !has_line() {
        if is_given_up() {
            return None;
        }
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).ok()?;
    Some(line)
}

/// Whether there is a line to read, or an end. Waits for it for a moment.
#[cfg(unix)]
fn has_line() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// How soon it is noticed that nobody waits any more.
    const MOMENT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let stdin = io::stdin();
    let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
    // Where it cannot be asked, reading tells.
    poll(&mut polled, Some(&MOMENT)).map_or_else(|error| error != rustix::io::Errno::INTR, |ready| ready > 0)
}

#[cfg(not(unix))]
fn has_line() -> bool {
    true
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].iter().any(|yes| line.trim().eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_is_a_yes() {
        for line in ["y\n", "Y", "yes\r\n", " YES \n"] {
            assert!(is_yes(line), "{line:?}");
        }
        for line in ["", "\n", "n\n", "no\n", "yes please\n", "ye\n", "\u{1b}y\n"] {
            assert!(!is_yes(line), "{line:?}");
        }
    }
}
