//! The paths that code names, wherever they stand: in `use` items, in expressions and types, in what is handed to macros.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

/// A path, as far as it consists of names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// All paths of two or more segments that are not for tests only. A `*` at the end stands for all that is there.
pub(crate) fn named_in(item: &Item) -> Vec<Named> {
    let mut found = Vec::new();
    walk(item.to_token_stream(), &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<Named>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => at = skip_attribute(&tokens, at, found),
            TokenTree::Group(group) => {
                walk(group.stream(), found);
                at += 1;
            }
            TokenTree::Ident(ident) => at = read_path(&tokens, at, ident, &[], found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
        }
    }
}

/// Where to go on behind an attribute, or behind all that it keeps for tests.
fn skip_attribute(tokens: &[TokenTree], at: usize, found: &mut Vec<Named>) -> usize {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return at + 1 };
    let only_tests = syn::parse::Parser::parse2(
        syn::Attribute::parse_outer,
        [tokens[at].clone(), tokens[at + 1].clone()].into_iter().collect(),
    )
    .is_ok_and(|attributes| attributes.iter().any(super::modules::is_for_tests));
    if !only_tests {
        walk(group.stream(), found);
        return at + 2;
    }
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    tokens[at..].iter().position(is_end).map_or(tokens.len(), |end| at + end + 1)
}

/// Reads the path that begins here, and all that a group at its end makes of it. Where to go on.
fn read_path(tokens: &[TokenTree], at: usize, first: &Ident, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let mut segments = prefix.to_vec();
    segments.push(first.to_string());
    let mut next = at + 1;
    while is_separator(tokens, next) {
        match tokens.get(next + 2) {
            Some(TokenTree::Ident(ident)) => segments.push(ident.to_string()),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                read_group(group, &segments, found);
                return next + 3;
            }
            _ => break,
        }
        next += 3;
    }
    if segments.len() > 1 {
        found.push(Named { segments, line: first.span().start().line });
    }
    next
}

/// `{a, b::c, self, d as e}` behind a prefix.
fn read_group(group: &Group, prefix: &[String], found: &mut Vec<Named>) {
    let tokens: Vec<_> = group.stream().into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        at = match &tokens[at] {
            TokenTree::Ident(ident) if ident == "self" => {
                found.push(Named { segments: prefix.to_vec(), line: ident.span().start().line });
                at + 1
            }
            // What stands behind it is a name of this module's own.
            TokenTree::Ident(ident) if ident == "as" => at + 2,
            TokenTree::Ident(ident) => read_path(&tokens, at, ident, prefix, found),
            TokenTree::Group(inner) => {
                read_group(inner, prefix, found);
                at + 1
            }
            TokenTree::Punct(punct) if punct.as_char() == '*' => {
                let segments = prefix.iter().cloned().chain(["*".to_owned()]).collect();
                found.push(Named { segments, line: punct.span().start().line });
                at + 1
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => at + 1,
        };
    }
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let item: Item = syn::parse_quote! {
        impl crate::a::Trait for super::b::Type<self::c::Inner> {
            #[cfg(test)]
            fn of_tests(&self) -> crate::not_this::One { crate::not_this::two() }
            #[error("{}", crate::d::text())]
            fn f(&self) -> impl Fn(crate::e::Argument) {
                use crate::g::{self, h::{i, j as k}, l::*, *};
                pin_project! { struct S { x: crate::m::X } }
                one.two();
                macro_rules! of_this_crate { () => { $crate::n::o() } }
            }
        }
    };
    let found: Vec<_> = named_in(&item).into_iter().map(|named| named.segments.join("::")).collect();
    let expected = [
        "crate::a::Trait",
        "super::b::Type",
        "self::c::Inner",
        "crate::d::text",
        "crate::e::Argument",
        "crate::g",
        "crate::g::h::i",
        "crate::g::h::j",
        "crate::g::l::*",
        "crate::g::*",
        "crate::m::X",
        "crate::n::o",
    ];
    assert_eq!(found, expected);
}
