//! A terminal in front of the command line, and what is drawn on it.

use std::{io::Read as _, process::Stdio};

use flyte_admin::server::WireShape;

use crate::{
    home::Home,
    person::terminal,
    stand_in::{server, token_endpoint},
};

/// What a login shows to which nobody comes, on a terminal for its error output, and for its output too unless that is
/// captured.
async fn shown(captured: bool) -> String {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let admin = format!("  endpoint: {}\n  authType: Pkce\n  pkceConfig:\n    timeout: 1s\n", server.endpoint());
    let home = Home::with_config(&admin);
    let (mut ours, theirs) = terminal();
    let mut command = home.command(&["login"], &[("FLYTE_ADMIN_LOGINSTORE", "memory"), ("TERM", "xterm")]);
    // No browser is found.
    command.env("PATH", home.path()).env_remove("BROWSER");
    command.stdin(Stdio::null()).stderr(theirs.try_clone().unwrap());
    command.stdout(if captured { Stdio::piped() } else { theirs.try_clone().unwrap().into() });
    drop(theirs);
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut shown = vec![];
        // The last process that has the terminal open leaves it with an error.
        let _ = ours.read_to_end(&mut shown);
        assert!(!child.wait().unwrap().success());
        String::from_utf8_lossy(&shown).into_owned()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn nothing_moves_where_the_output_is_captured() {
    let (seen, captured) = (shown(false).await, shown(true).await);
    for shown in [&seen, &captured] {
        assert!(shown.contains("http://localhost:"), "{shown}");
    }
    assert!(seen.contains("Waiting for you to log in"), "{seen}");
    assert!(!captured.contains("Waiting for you to log in"), "{captured}");
}
