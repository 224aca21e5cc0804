//! The page and the code: neither has a message that the other has not.

use tests::error_page::{self, Row};

use crate::texts::{self, Text};

/// What the runtime says, but for what is no message.
fn messages() -> Vec<Text> {
    let mut texts = texts::of_crate("auth-runtime/src/lib.rs");
    texts.retain(|text| !NO_MESSAGES.iter().any(|other| text.place.contains(other) || text.text == *other));
    texts
}

/// What a person is asked, what helps in tests, and texts that programs read.
const NO_MESSAGES: &[&str] = &[
    "auth-runtime/src/prompt/terminal.rs",
    "auth-runtime/src/flow/oauth/pkce/visits.rs",
    "auth-runtime/src/flyte/config/effective.rs",
    "auth-runtime/src/net/proxy/choice.rs",
    "auth-runtime/src/store/user_directory.rs",
    "auth-runtime/src/testing/",
    "No address associated",
    "does not resolve",
    "has no usable address",
    "text/html; charset=utf-8",
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Python keyring library",
    "Password for '{user}' on '{service}'",
    "auth-runtime store",
    "the file system is read-only, as the test wants it",
];

/// What holds a message of the code: all of its words, in their order.
pub(crate) fn holds(quoted: &str, pieces: &[String]) -> bool {
    let mut rest = quoted;
    pieces.iter().filter(|piece| piece.chars().any(char::is_alphanumeric)).all(|piece| {
        match rest.split_once(piece.trim()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        }
    })
}

#[test]
fn each_message_of_the_code_is_on_the_page() {
    let quoted: Vec<_> = error_page::quoted().iter().map(|shown| shown.replace(['[', ']'], "")).collect();
    let mut missing = Vec::new();
    for text in messages().iter().filter(|text| text.is_prose()) {
        let pieces = text.pieces();
        if !quoted.iter().any(|shown| holds(shown, &pieces)) {
            missing.push(format!("{}: {:?}", text.place, text.text));
        }
    }
    assert!(missing.is_empty(), "{} are not in docs/errors.md:\n{}", missing.len(), missing.join("\n"));
}

/// Whether a text is made of pieces alone.
fn is_made_of(text: &str, pieces: &[String]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for at in 0..text.len() {
        if reached[at] {
            for piece in pieces.iter().filter(|piece| text[at..].starts_with(piece.as_str())) {
                reached[at + piece.len()] = true;
            }
        }
    }
    reached[text.len()]
}

/// What a message may be made of: no piece is so small that anything could be.
fn building_blocks(texts: &[Text]) -> Vec<String> {
    let is_block = |piece: &String| piece.len() > 3 || piece.contains(' ') || !piece.chars().any(char::is_alphanumeric);
    let mut blocks: Vec<String> = texts.iter().flat_map(Text::pieces).filter(is_block).collect();
    // What stands between an error and its cause, and behind the name of a setting.
    blocks.push(": ".to_owned());
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}

#[test]
fn each_message_of_the_page_is_in_the_code() {
    let (rows, blocks) = (error_page::rows(), building_blocks(&messages()));
    assert!(rows.len() > 100, "{rows:#?}");
    let is_said = |row: &Row| row.forms().iter().flatten().all(|part| is_made_of(part, &blocks));
    let unsaid: Vec<_> = rows.iter().filter(|row| !is_said(row)).map(|row| row.shown.as_str()).collect();
    assert!(unsaid.is_empty(), "{} are not in the code:\n{}", unsaid.len(), unsaid.join("\n"));
}

#[test]
fn what_is_not_a_message_is_there() {
    let texts = texts::of_crate("auth-runtime/src/lib.rs");
    for other in NO_MESSAGES {
        assert!(texts.iter().any(|text| text.place.contains(other) || text.text == *other), "{other}");
    }
}

#[test]
fn a_message_that_is_said_otherwise_is_found() {
    let code = "fn f() { debug!(\"not told\"); g(format!(\"the key `{key:?}` is {}; mend {{it}}\", 1)) } \
                #[error(\"a {0} is missing\")] struct S; #[doc = \"some words\"] struct T;";
    let mut texts = Vec::new();
    texts::collect(code.parse().unwrap_or_default(), "a.rs", &mut texts);
    let pieces: Vec<_> = texts.iter().map(Text::pieces).collect();
    assert_eq!(pieces, [vec!["the key ", " is ", "; mend {it}"], vec!["a ", " is missing"]]);
    assert!(holds("the key <key> is <wrong>; mend {it}", &pieces[0]));
    assert!(!holds("the key <key> is <wrong>; mend it", &pieces[0]));
    let blocks = building_blocks(&texts);
    assert!(is_made_of("the key : the key ", &blocks) && !is_made_of("the keys", &blocks));
}
