//! Other processes: programs that use the same store (`src/bin/`), scripts, and this program's own tests.

use std::{
    env,
    path::Path,
    process::{self, Stdio},
};

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

/// One test of this program in a process of its own, which can have another environment. `module` is the
/// `module_path!()` of the test.
///
/// A test of another name would be none, which is a success too: look at what it prints.
pub fn alone(module: &str, test: &str) -> Command {
    let (_crate, module) = module.split_once("::").expect("a module of a test program");
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("{module}::{test}"), "--nocapture", "--test-threads=1"]);
    command
}

/// Writes a program for `sh`.
///
/// Another process does the writing. A file that this one opens for writing would also be open, for a moment, in each
/// process that tests next to this one start, and cannot be run as long as it is.
#[cfg(unix)]
pub fn write_script(path: &Path, script: &str) {
    use std::io::Write as _;
    let write = "cat >\"$0\" && chmod 700 \"$0\"";
    let mut writer = process::Command::new("sh").args(["-c", write]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    writer.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}
