//! The runtime as expanded code names it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};

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

    /// The module that is for expanded code only. What the compiler has to say about it belongs to `place`.
    pub(crate) fn private(&self, place: Span) -> TokenStream {
        let version = Ident::new(VERSION, place);
        let path = match self.path {
            None => quote_spanned!(place=> ::auth_runtime),
            Some(path) => path.to_token_stream().into_iter().map(|token| located(token, place)).collect(),
        };
        quote_spanned!(place=> #path::__private::#version)
    }
}

/// The token at another place, meaning what it meant.
fn located(mut token: TokenTree, place: Span) -> TokenTree {
    token.set_span(token.span().located_at(place));
    token
}
