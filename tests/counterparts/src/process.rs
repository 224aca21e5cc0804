//! A program that runs beside the tests.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, Command},
    sync::{Mutex, mpsc},
};

/// A running program. It ends with its drop.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    output: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Process {
    /// Starts a program, without waiting for anything.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (said, output) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // Whoever is not read from is held up one day: what nobody listens to is dropped.
                let _ = said.send(line);
            }
        });
        Self { input: Mutex::new(child.stdin.take()), child, output: Mutex::new(output) }
    }

    /// Waits for the line with this beginning, and returns the rest of it.
    ///
    /// # Panics
    ///
    /// If the program ends before.
    pub async fn says(&self, beginning: &str) -> String {
        let mut output = self.output.lock().await;
        loop {
            let line =
                output.recv().await.unwrap_or_else(|| panic!("{:?} ended before it said {beginning:?}", self.child));
            if let Some(rest) = line.strip_prefix(beginning) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Writes a line to its input.
    ///
    /// # Panics
    ///
    /// If it does not read any more.
    pub async fn tell(&self, line: &str) {
        let mut input = self.input.lock().await;
        let input = input.as_mut().expect("piped");
        input.write_all(format!("{line}\n").as_bytes()).await.expect("it reads its input");
    }

    /// Sends a signal, such as `STOP` or `CONT`.
    ///
    /// # Panics
    ///
    /// If it is not running.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it is running").to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().await.expect("kill runs");
        assert!(status.success(), "signal {name} for {id}");
    }

    /// Asks it to end, and waits until it has: for programs that would leave something behind.
    pub async fn end(&mut self) {
        self.signal("TERM").await;
        let _ = self.child.wait().await;
    }

    /// Kills it at once.
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }
}
