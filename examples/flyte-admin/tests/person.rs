//! A person at a terminal with a browser of their own, as over SSH: the page is told there, and opened elsewhere.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    process::Command,
};

use axum::{
    body::Body,
    http::{Request, header},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tests::browser::{Browser, post_form};
use tokio::sync::mpsc;

/// Both ends of a new terminal: where a person sits, and where a program does.
pub(crate) fn terminal() -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, vec![]).unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (ours.into(), theirs)
}

/// Runs a command that logs Ada in, and returns what was on the terminal when it had succeeded.
pub(crate) async fn log_in_at_a_terminal(mut command: Command) -> String {
    let (mut ours, theirs) = terminal();
    command.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let (pages, mut page) = mpsc::unbounded_channel();
    let program = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        drop(command);
        let (mut shown, mut part) = (String::new(), [0; 4096]);
        // The last process that has the terminal open leaves it with an error.
        while let Ok(count @ 1..) = ours.read(&mut part) {
            shown.push_str(&String::from_utf8_lossy(&part[..count]));
            if let Some(url) = page_of(&shown) {
                // It is shown again and again while the line below it moves.
                let _ = pages.send(url);
            }
        }
        assert!(child.wait().unwrap().success(), "{shown}");
        shown
    });
    if let Some(url) = page.recv().await {
        log_in(&url).await;
    }
    program.await.unwrap()
}

/// The page is this machine's own, which the text names after the server; its whole line has come.
fn page_of(shown: &str) -> Option<String> {
    const OWN: &str = "http://localhost:";
    let (_, from) = shown.split_once(OWN)?;
    let (url, _) = from.split_once(|character: char| character.is_whitespace() || character.is_control())?;
    Some(format!("{OWN}{url}"))
}

async fn log_in(url: &str) {
    // The login knows its browser again by a cookie.
    let browser = Browser::new();
    let asked = browser.visit(url).await;
    let named = post_form(asked.url.as_str(), &[], &[("person", "ada")]).await.unwrap();
    let back = asked.url.join(named.headers[header::LOCATION].to_str().unwrap()).unwrap();
    let request = Request::get(back.as_str()).header(header::COOKIE, &named.headers[header::SET_COOKIE]);
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.body(Body::empty()).unwrap()).await.unwrap();
    browser.visit(response.headers()[header::LOCATION].to_str().unwrap()).await;
}
