//! flytekit's older format, which Python's `configparser` reads.

use std::path::Path;

use super::{
    entry::{Entry, twice, unreadable},
    key::Dialect,
    value::Raw,
};
use crate::AuthError;

/// The sections that are read; all others are about something else.
const SECTIONS: [&str; 2] = ["platform", "credentials"];

pub(super) fn entries(path: &Path, text: &str) -> Result<Vec<Entry>, AuthError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section: Option<String> = None;
    let mut in_option = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(name.trim().to_lowercase());
            in_option = false;
            continue;
        }
        let Some(section) = &section else {
            return Err(unreadable(path, number, "a section such as `platform`, in brackets, must come before it"));
        };
        let read = SECTIONS.contains(&section.as_str());
        // An indented line continues the one before.
        if line.starts_with(char::is_whitespace) && in_option {
            if let Some(Entry { value: Raw::Plain(before, _), .. }) = entries.last_mut().filter(|_| read) {
                before.push('\n');
                before.push_str(trimmed);
            }
            continue;
        }
        let Some((option, value)) = trimmed.split_once(['=', ':']) else {
            return Err(unreadable(path, number, "it is neither a section nor `option = value`; correct it"));
        };
        in_option = true;
        if read {
            let name = format!("{section}.{}", option.trim().to_lowercase());
            if entries.iter().any(|entry| entry.name == name) {
                return Err(twice(path, number, &name));
            }
            entries.push(Entry { name, line: number, value: Raw::Plain(value.trim().to_owned(), Dialect::Flytekit) });
        }
    }
    Ok(entries)
}
