//! The runtime as expanded code names it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// A macro and a runtime fit if their versions are compatible. The runtime has a module of this name for each one that
/// it fits.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION_MAJOR"), "_", env!("CARGO_PKG_VERSION_MINOR"));

/// `::auth_runtime`, or the path that the attribute gives.
pub(crate) struct Runtime {
    path: TokenStream,
}

impl Runtime {
    pub(crate) fn new(path: Option<&syn::Path>) -> Self {
        Self { path: path.map_or_else(|| quote!(::auth_runtime), |path| quote!(#path)) }
    }

    /// The module that is for expanded code only.
    pub(crate) fn private(&self) -> TokenStream {
        let (path, version) = (&self.path, Ident::new(VERSION, Span::call_site()));
        quote!(#path::__private::#version)
    }
}
