//! A question on the terminal that wants a yes.

use std::io::{self, BufRead as _, IsTerminal as _};

use tokio::sync::oneshot;

/// Asks, and says whether the person at the terminal says yes. Without a terminal nobody does.
///
/// What was typed before is no answer: nobody had read the question. It is discarded.
///
/// Dropping the future ends the question: what is typed later is left to the program.
pub(super) async fn says_yes(ask: impl FnOnce()) -> bool {
    let is_answerable = io::stdin().is_terminal() && discard_what_waits();
    ask();
    if !is_answerable {
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

/// Discards what waits to be read. `false` where that cannot be done: then an answer could be older than its question.
#[cfg(unix)]
fn discard_what_waits() -> bool {
    rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush).is_ok()
}

#[cfg(not(unix))]
fn discard_what_waits() -> bool {
    true
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
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
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

    /// What the tests below run on a terminal of their own.
    #[cfg(unix)]
    #[tokio::test]
    async fn question_on_a_terminal() {
        if std::env::var_os(ON_A_TERMINAL).is_some() {
            let yes = super::says_yes(|| eprintln!("{QUESTION}")).await;
            eprintln!("{}", if yes { AGREED } else { DECLINED });
        }
    }

    const ON_A_TERMINAL: &str = "AUTH_RUNTIME_TEST_ON_A_TERMINAL";
    const QUESTION: &str = "all the same? [y/N]";
    const AGREED: &str = "the person agreed";
    const DECLINED: &str = "the person declined";

    /// A person types something before they are asked, and something once they have read the question.
    #[cfg(unix)]
    fn typing(before: &str, after: &str) -> bool {
        use std::{
            fs::File,
            io::{BufRead as _, BufReader, Write as _},
            process::{Command, Stdio},
        };

        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let terminal = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(terminal).unwrap();
        let mut keyboard = File::from(keyboard);
        keyboard.write_all(before.as_bytes()).unwrap();
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "prompt::question::tests::question_on_a_terminal", "--nocapture"])
            .env(ON_A_TERMINAL, "1")
            .stdin(terminal)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut said = said.inspect(|line| {
            if line.contains(QUESTION) {
                keyboard.write_all(after.as_bytes()).unwrap();
            }
        });
        let outcome = said.find(|line| line.contains(AGREED) || line.contains(DECLINED));
        drop(said);
        assert!(program.wait().unwrap().success());
        outcome.unwrap().contains(AGREED)
    }

    #[cfg(unix)]
    #[test]
    fn what_was_typed_before_the_question_does_not_answer_it() {
        assert!(!typing("y\n", "n\n"), "the yes is older than the question");
        assert!(!typing("y\nyes\ny", "\n"), "nor does it begin the answer");
        assert!(typing("n\n", "y\n"), "what is typed then counts");
    }
}
