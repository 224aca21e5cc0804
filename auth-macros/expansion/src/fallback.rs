//! An error beside the user's item.

use proc_macro2::TokenStream;
use quote::quote;

/// The item as it came, and the errors. Without the item each use of it would be an error of its own, and the one
/// message that matters would be lost among them.
pub(crate) fn error_beside(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote! {
        #item
        #error
    }
}
