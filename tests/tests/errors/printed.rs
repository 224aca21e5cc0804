//! How an error looks where a program ends with it.

use std::collections::BTreeSet;

use auth_runtime::AuthError;

use crate::provoked;

/// What shows that somebody's `Debug` was printed.
const FOR_PROGRAMS: [&str; 7] = ["Some(", "Os {", "Error(", "Error {", "Status {", "code: '", "kind: "];

fn printed(error: &AuthError) -> String {
    let printed = format!("{:?}", anyhow::Error::from(error.clone()));
    printed.split("\n\nStack backtrace").next().unwrap().to_owned()
}

#[tokio::test]
async fn no_line_of_it_is_said_twice_and_none_is_for_programs() {
    for error in provoked::all().await {
        let printed = printed(error);
        println!("Error: {printed}\n");
        let mut lines = BTreeSet::new();
        for line in
            printed.lines().map(|line| line.trim().trim_start_matches(|it: char| it.is_ascii_digit() || it == ':'))
        {
            assert!(line.trim().is_empty() || lines.insert(line.trim().to_owned()), "twice: {printed}");
        }
        // Nor within another.
        let parts: Vec<_> = lines.iter().filter(|line| line.len() > 12).collect();
        for part in &parts {
            assert!(
                parts.iter().filter(|other| other.contains(part.as_str())).count() == 1,
                "{part}, twice: {printed}"
            );
        }
        assert!(!FOR_PROGRAMS.iter().any(|mark| printed.contains(mark)), "{printed}");
    }
}

/// A `main` that returns the error shows its `Debug`, and so does `unwrap`.
#[tokio::test]
async fn what_a_main_that_returns_it_shows_has_the_message_and_all_causes() {
    for error in provoked::all().await {
        let shown = format!("{error:?}");
        assert!(shown.contains(&format!("message: {:?}", error.to_string())), "{error}: {shown}");
        assert!(shown.contains(&format!("kind: {:?}", error.kind())), "{error}: {shown}");
        assert_eq!(std::error::Error::source(error).is_some(), shown.contains("source: "), "{error}: {shown}");
    }
}
