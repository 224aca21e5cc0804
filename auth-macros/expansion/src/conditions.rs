//! Whether a part of the user's item is there at all.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token, parse_quote};

/// The `#[cfg(..)]` attributes, with those that a `#[cfg_attr(..)]` may become. What else that may become stays away: it
/// belongs to where the user wrote it.
pub(crate) fn of(attributes: &[Attribute]) -> Vec<Attribute> {
    let predicates = attributes.iter().flat_map(|attribute| predicates(&attribute.meta));
    predicates.map(|predicate| parse_quote!(#[cfg(#predicate)])).collect()
}

fn predicates(meta: &Meta) -> Vec<TokenStream> {
    let Meta::List(list) = meta else { return Vec::new() };
    if list.path.is_ident("cfg") {
        return vec![list.tokens.clone()];
    }
    if !list.path.is_ident("cfg_attr") {
        return Vec::new();
    }
    let mut tokens = list.tokens.clone().into_iter();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let condition: TokenStream = tokens.by_ref().take_while(|token| !is_comma(token)).collect();
    let attributes = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens.collect()).unwrap_or_default();
    let conditional = attributes.iter().flat_map(predicates);
    conditional.map(|predicate| quote!(any(not(#condition), #predicate))).collect()
}
