//! Which test provokes which message: one that quotes words that no other message has.

use std::{fs, path::Path};

use quote::ToTokens as _;
use syn::Item;
use tests::error_page::Row;

use crate::{
    modules::{is_for_tests, workspace},
    page::holds,
    texts::{self, Text},
};

/// Where tests are.
const TESTS: [&str; 8] = [
    "auth-runtime/src",
    "examples/flyte-admin/tests",
    "tests/tests",
    "tests/keyring",
    "tests/counterparts/tests",
    "tests/interop",
    "tests/oidc",
    "tests/hostile",
];

/// The texts of tests.
fn of_tests() -> Vec<Text> {
    let mut texts = Vec::new();
    for folder in TESTS {
        add_folder(&workspace().join(folder), &mut texts);
    }
    texts
}

fn add_folder(folder: &Path, texts: &mut Vec<Text>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests/house") && !path.ends_with("tests/errors") {
            add_folder(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            add_file(&path, texts);
        }
    }
}

/// In the runtime's own files what is for tests, and in others all.
fn add_file(path: &Path, texts: &mut Vec<Text>) {
    let name = path.strip_prefix(workspace()).unwrap().display().to_string();
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let is_of_tests = !name.starts_with("auth-runtime/src") || name.ends_with("tests.rs");
    for item in file.items {
        if is_of_tests || matches!(&item, Item::Mod(module) if module.attrs.iter().any(is_for_tests)) {
            texts::collect_all(item.to_token_stream(), &name, texts);
        }
    }
}

/// Whether words are enough to know a message by.
fn is_telling(words: &str) -> bool {
    words.len() > 7 && words.contains(' ')
}

/// How many letters of the message a text has, if it has all that is always there.
fn whole(text: &Text, row: &Row) -> Option<usize> {
    let text = text.text.replace('`', "");
    let has_all = |form: &Vec<String>| form.iter().any(|part| is_telling(part)) && holds(&text, form);
    row.forms().iter().filter(|form| has_all(form)).map(|form| form.iter().map(String::len).sum()).max()
}

/// Whether all that a text says is in the message.
fn is_part(text: &Text, row: &Row) -> bool {
    let pieces = text.pieces();
    pieces.iter().any(|piece| is_telling(piece.trim())) && holds(&row.shown.replace(['[', ']'], ""), &pieces)
}

/// The message that a text is about, if there is one alone.
fn quoted(text: &Text, rows: &[Row]) -> Option<usize> {
    let whole = rows.iter().enumerate().filter_map(|(index, row)| Some((whole(text, row)?, index)));
    if let Some((_, index)) = whole.max() {
        return Some(index);
    }
    let mut parts = rows.iter().enumerate().filter(|(_, row)| is_part(text, row));
    parts.next().filter(|_| parts.next().is_none()).map(|(index, _)| index)
}

/// Where each message is quoted.
pub(crate) fn by_tests(rows: &[Row]) -> Vec<Option<String>> {
    let mut places = vec![None; rows.len()];
    for text in of_tests() {
        if let Some(row) = quoted(&text, rows) {
            places[row].get_or_insert(text.place);
        }
    }
    places
}
