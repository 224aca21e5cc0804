//! A program that runs beside the tests.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Starts a program and reads its output up to the line for which `read` has a value.
///
/// # Panics
///
/// If it ends before that.
pub(crate) async fn start<R>(command: &mut Command, read: impl Fn(&str) -> Option<R>) -> (Child, R) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let found = loop {
        let line = lines.next_line().await.expect("its output can be read");
        let line = line.unwrap_or_else(|| panic!("{command:?} has ended too early"));
        if let Some(found) = read(&line) {
            break found;
        }
    };
    // Whoever is not read from is held up one day.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, found)
}
