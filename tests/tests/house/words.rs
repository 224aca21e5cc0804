//! Below `flyte` nothing names Flyte or its tools. What is read by people may: who comes from there looks for its words.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::modules::{Crate, Name};

const WORD: &str = "flyte";

/// Identifiers and literals with the word in them, by line. Documentation and conditions of compilation do not count.
fn naming(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'));
                tokens.next_if(|token| matches!(token, TokenTree::Group(group) if is_left_out(group.stream())));
            }
            TokenTree::Group(group) => naming(group.stream(), found),
            TokenTree::Ident(_) | TokenTree::Literal(_) if token.to_string().to_lowercase().contains(WORD) => {
                found.push((token.span().start().line, token.to_string()));
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_left_out(attribute: TokenStream) -> bool {
    matches!(attribute.into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc" || name == "cfg" || name == "cfg_attr")
}

fn offences(read: &Crate) -> Vec<String> {
    let below = |module: &Name| module.top().is_some_and(|top| top != WORD);
    let mut offences = Vec::new();
    for (name, module) in read.modules.iter().filter(|(name, _)| below(name)) {
        let mut found = Vec::new();
        module.items.iter().for_each(|item| naming(item.to_token_stream(), &mut found));
        offences.extend(found.iter().map(|(line, what)| format!("{}:{line}: {name}: {what}", module.file.display())));
    }
    offences
}

#[test]
fn nothing_below_flyte_names_it() {
    let offences = offences(&Crate::read("auth-runtime/src/lib.rs"));
    assert!(offences.is_empty(), "what names Flyte:\n{}", offences.join("\n"));
}

#[test]
fn names_and_texts_are_found_and_documentation_is_not() {
    let read = Crate::made_up(&[
        ("lib.rs", "mod a; mod flyte { pub struct Flyte; } pub use flyte::Flyte;"),
        (
            "a.rs",
            "/// As in flytekit.\n#[doc(alias = \"flytectl\")]\n#[cfg(feature = \"flyte\")]\nfn f() { g(\"see flytectl\"); m!(FlyteX); }\n\
             #[error(\"flyte\")] struct S;",
        ),
    ]);
    let expected = ["a.rs:4: a: \"see flytectl\"", "a.rs:4: a: FlyteX", "a.rs:5: a: \"flyte\""];
    assert_eq!(offences(&read), expected);
}
