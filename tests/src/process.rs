//! Other programs that use the same store: `src/bin/store_process.rs`.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::guard::within_reason;

/// A running program. It is killed with its drop.
#[derive(Debug)]
pub struct Process {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the program with these arguments.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::start_as(Command::new(program).args(arguments))
    }

    /// Starts a program that was prepared.
    pub fn start_as(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { commands: child.stdin.take().unwrap(), answers, child }
    }

    /// Tells it what to do, without waiting for the answer.
    pub async fn tell(&mut self, command: &str) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    /// Its next answer; `None` if it has ended.
    pub async fn answer(&mut self) -> Option<String> {
        within_reason("another program's answer", self.answers.next_line()).await.unwrap()
    }

    /// Tells it what to do, and what it answers.
    pub async fn ask(&mut self, command: &str) -> String {
        self.tell(command).await;
        self.answer().await.expect("the program has ended")
    }

    /// Lets it end, and what it had to say on its error output.
    pub async fn end(mut self) -> String {
        drop(self.commands);
        let mut said = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        within_reason("another program's end", errors.read_to_string(&mut said)).await.unwrap();
        within_reason("another program's end", self.child.wait()).await.unwrap();
        said
    }

    /// Kills it, in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
