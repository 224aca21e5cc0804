//! `#[authenticated_client(arguments)] item`: the arguments in the first line, the item in those that follow.
#![no_main]

use auth_macros_expansion::authenticated_client;
use libfuzzer_sys::fuzz_target;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Item;

fuzz_target!(|text: &str| {
    let (arguments, item) = text.split_once('\n').unwrap_or(("", text));
    // The compiler hands over no more than it could read itself.
    let (Ok(arguments), Ok(item)) = (arguments.parse::<TokenStream>(), item.parse::<TokenStream>()) else { return };
    let expanded = authenticated_client(arguments.clone(), item.clone());
    assert_eq!(
        expanded.to_string(),
        authenticated_client(arguments, item.clone()).to_string(),
        "it is not the same twice"
    );

    let expanded_words = words(expanded.clone());
    if let Some(errors) = expanded_words.strip_prefix(&words(item.clone())[..])
        && errors.iter().any(|word| word == "compile_error")
    {
        return;
    }
    // Function bodies are not read. Those that are no Rust are for the compiler, which had them first.
    let Ok(item) = syn::parse2::<Item>(item) else { return };
    let file = syn::parse2::<syn::File>(expanded.clone());
    let file = file.unwrap_or_else(|error| panic!("what is expanded is not Rust: {error}: {expanded}"));
    // Both as syn writes them, which leaves out what says nothing: an empty `where`, and `<>`.
    let (item, expanded_words) = (words(item.to_token_stream()), words(file.to_token_stream()));
    // A second attribute is taken off.
    if item.iter().any(|word| word == "authenticated_client") {
        return;
    }
    match file.items.first() {
        Some(Item::Mod(_)) => {
            let (brace, inside) = item.split_last().expect("a module is not empty");
            assert!(expanded_words.starts_with(inside) && expanded_words.last() == Some(brace), "{expanded}");
        }
        _ => assert!(expanded_words.starts_with(&item), "{expanded}"),
    }
});

/// All tokens in their order, without the spaces between them.
fn words(tokens: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let [open, close] = match group.delimiter() {
                    Delimiter::Parenthesis => ["(", ")"],
                    Delimiter::Brace => ["{", "}"],
                    Delimiter::Bracket => ["[", "]"],
                    Delimiter::None => ["", ""],
                };
                words.push(open.to_owned());
                words.extend(self::words(group.stream()));
                words.push(close.to_owned());
            }
            other => words.push(other.to_string()),
        }
    }
    words
}
