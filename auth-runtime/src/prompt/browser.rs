//! The browser of this machine.

/// On a thread of its own: some browsers are only done when they are closed. Where there is none the link is on
/// the screen already.
pub(super) fn open(url: String) {
    let opening = std::thread::Builder::new().name("browser".to_owned());
    let _ = opening.spawn(move || {
        if let Err(error) = webbrowser::open(&url) {
            tracing::debug!(%error, "no browser was opened");
        }
    });
}
