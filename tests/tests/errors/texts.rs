//! The texts in the code that people may read.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Lit;

use crate::modules::Crate;

/// A text, and where it stands.
pub(crate) struct Text {
    pub(crate) place: String,
    pub(crate) text: String,
}

/// What is compared, asserted, or logged for those who look for faults: nobody is told of it.
const UNSEEN: [&str; 8] = ["trace", "debug", "info", "span", "debug_span", "assert", "assert_eq", "debug_assert"];

/// The texts of a crate, without those of its tests.
pub(crate) fn of_crate(root: &str) -> Vec<Text> {
    let mut texts = Vec::new();
    for module in Crate::read(root).modules.values() {
        let file = module.file.display().to_string();
        module.items.iter().for_each(|item| collect(item.to_token_stream(), &file, &mut texts));
    }
    texts
}

/// The same with what is asserted.
pub(crate) fn collect_all(tokens: TokenStream, file: &str, texts: &mut Vec<Text>) {
    collect_but(&[], tokens, file, texts);
}

/// The texts of code, but for documentation, conditions and reasons of lints. `thiserror`'s messages count.
pub(crate) fn collect(tokens: TokenStream, file: &str, texts: &mut Vec<Text>) {
    collect_but(&UNSEEN, tokens, file, texts);
}

fn collect_but(unseen: &[&str], tokens: TokenStream, file: &str, texts: &mut Vec<Text>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'));
                tokens.next_if(|token| matches!(token, TokenTree::Group(group) if !is_message(group.stream())));
            }
            TokenTree::Ident(name) if unseen.iter().any(|unseen| name == unseen) => {
                if tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')).is_some()
                {
                    tokens.next();
                }
            }
            TokenTree::Group(group) => collect_but(unseen, group.stream(), file, texts),
            TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    let place = format!("{file}:{}", text.span().start().line);
                    texts.push(Text { place, text: text.value() });
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_message(attribute: TokenStream) -> bool {
    matches!(attribute.into_iter().next(), Some(TokenTree::Ident(name)) if name == "error")
}

impl Text {
    /// What is always there of a text with values in it.
    pub(crate) fn pieces(&self) -> Vec<String> {
        let (mut pieces, mut piece, mut depth) = (Vec::new(), String::new(), 0_usize);
        let text = self.text.replace('`', "").replace("{{", "\u{1}").replace("}}", "\u{2}");
        for character in text.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ if depth > 0 => continue,
                '\u{1}' => piece.push('{'),
                '\u{2}' => piece.push('}'),
                _ => piece.push(character),
            }
            if character == '{' {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        pieces.push(piece);
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// Whether it is said to people: words, and more than one.
    pub(crate) fn is_prose(&self) -> bool {
        let words = |piece: &String| {
            piece.split_whitespace().filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() > 1).count()
        };
        self.pieces().iter().map(words).sum::<usize>() > 1 && self.text.contains(' ')
    }
}
