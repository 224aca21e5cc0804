//! What prost and protox cannot read yet, in words that lead on.

use std::fs;
use std::path::Path;

use prost_types::FileDescriptorSet;

use crate::error::Error;

/// What a file's descriptor has as its syntax if the file is written in an edition.
const SYNTAX: &str = "editions";
/// What some editors write before the first statement.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// prost panics at such descriptors.
pub(crate) fn check(descriptors: &FileDescriptorSet) -> Result<(), Error> {
    match descriptors.file.iter().find(|file| file.syntax() == SYNTAX) {
        Some(file) => Err(Error::Edition { file: file.name().to_owned() }),
        None => Ok(()),
    }
}

/// protox does not know editions either, and says so only in terms of its grammar.
pub(crate) fn explain(error: protox::Error, includes: &[impl AsRef<Path>]) -> Error {
    let in_edition = error.file().filter(|file| {
        let sources = includes.iter().filter_map(|include| fs::read_to_string(include.as_ref().join(file)).ok());
        sources.take(1).any(|source| is_in_edition(&source))
    });
    match in_edition {
        Some(file) => Error::Edition { file: file.to_owned() },
        None => Error::Protos(error),
    }
}

/// Whether the first statement is `edition = ..`.
fn is_in_edition(source: &str) -> bool {
    let mut rest = source.trim_start_matches(BYTE_ORDER_MARK).trim_start();
    loop {
        let comment_ends_with = match (rest.starts_with("//"), rest.starts_with("/*")) {
            (true, _) => "\n",
            (_, true) => "*/",
            _ => break,
        };
        let Some((_, behind)) = rest.split_once(comment_ends_with) else { return false };
        rest = behind.trim_start();
    }
    rest.strip_prefix("edition").is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::is_in_edition;

    #[test]
    fn the_first_statement_decides() {
        for source in
            ["edition = \"2023\";", "\u{feff}edition = \"2023\";", "\n// syntax\n/* a\n b */ edition\t= \"2024\";"]
        {
            assert!(is_in_edition(source), "{source}");
        }
        for source in
            ["syntax = \"proto3\"; // edition = \"2023\"", "/* edition = ", "message edition {}", "editions = 1"]
        {
            assert!(!is_in_edition(source), "{source}");
        }
    }
}
