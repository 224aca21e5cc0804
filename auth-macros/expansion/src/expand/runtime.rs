//! The runtime as expanded code names it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};

/// A macro and a runtime fit if their versions are compatible. The runtime has a module of this name for each one that
/// it fits.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION_MAJOR"), "_", env!("CARGO_PKG_VERSION_MINOR"));

/// `::auth_runtime`, or the path that the attribute gives.
pub(crate) struct Runtime<'a> {
    path: Option<&'a syn::Path>,
}

impl<'a> Runtime<'a> {
    pub(crate) fn new(path: Option<&'a syn::Path>) -> Self {
        Self { path }
    }

    /// What anybody may use. What the compiler has to say about it belongs to `place`.
    pub(crate) fn public(&self, place: Span) -> TokenStream {
        match self.path {
            None => quote_spanned!(place=> ::auth_runtime),
            Some(path) => path.to_token_stream().into_iter().map(|token| located(token, place)).collect(),
        }
    }

    /// The module that is for expanded code only.
    pub(crate) fn private(&self) -> TokenStream {
        let (path, version) = (self.public(Span::call_site()), Ident::new(VERSION, Span::call_site()));
        quote!(#path::__private::#version)
    }
}

/// The token at another place, meaning what it meant.
fn located(mut token: TokenTree, place: Span) -> TokenTree {
    token.set_span(token.span().located_at(place));
    token
}
