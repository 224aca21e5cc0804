//! Each message of the page is provoked: here, or by a test that names or quotes it.

use std::sync::LazyLock;

use auth_runtime::AuthError;
use tests::{error_page, told::told};
use tokio::sync::OnceCell;

use crate::{command, elsewhere, flyte, provider, quoted, settings};

/// The errors that are provoked here.
pub(crate) async fn all() -> &'static [AuthError] {
    static ALL: OnceCell<Vec<AuthError>> = OnceCell::const_new();
    ALL.get_or_init(|| async {
        let (settings, commands, providers) = tokio::join!(settings::errors(), command::errors(), provider::errors());
        [settings, flyte::errors(), commands, providers].concat()
    })
    .await
}

/// A test reads these messages from the page, one after the other: `transport::errors`.
const READ_FROM_THE_PAGE: &str = "Connecting";

#[tokio::test]
async fn each_message_of_the_page_is_provoked_and_each_that_is_provoked_is_on_the_page() {
    static ROWS: LazyLock<Vec<error_page::Row>> = LazyLock::new(error_page::rows);
    let mut messages: Vec<_> = all().await.iter().map(|error| told(error)).collect();
    messages.extend(flyte::warnings());
    #[cfg(target_os = "linux")]
    messages.extend(crate::own_process::messages().await);
    let unknown: Vec<_> = messages.iter().filter(|message| !ROWS.iter().any(|row| row.shows(message))).collect();
    assert!(unknown.is_empty(), "{} are not on the page: {unknown:#?}", unknown.len());

    let quoted = quoted::by_tests(&ROWS);
    let mut missing = Vec::new();
    for (row, quoted) in ROWS.iter().zip(&quoted) {
        let provoked = row.section == READ_FROM_THE_PAGE || messages.iter().any(|message| row.shows(message));
        let known = elsewhere::test_of(row).or_else(|| elsewhere::why_nobody_provokes(row));
        match quoted.as_deref().or(known) {
            _ if provoked => {}
            Some(place) => println!("{place}: {}", row.shown),
            None => missing.push(row.shown.as_str()),
        }
    }
    assert!(missing.is_empty(), "nothing provokes these {}:\n{}", missing.len(), missing.join("\n"));
}
