//! What the attribute says about items that it cannot be used on.

use proc_macro2::Ident;
use syn::spanned::Spanned as _;
use syn::{Item, ItemMod};

use crate::source::Module;

const WHERE_IT_GOES: &str = "put it on the client module that tonic generates, with \
                             `build_support::configure()` or `build_support::annotate(..)` in build.rs, or on a \
                             struct with named fields that are authenticated clients";

/// A module in a file of its own.
pub(crate) fn module_elsewhere(module: &ItemMod) -> syn::Error {
    syn::Error::new_spanned(
        module,
        format!(
            "the contents of `mod {0};` are not visible here: write `mod {0} {{ .. }}` with the generated code inside, \
             or {WHERE_IT_GOES}",
            module.ident
        ),
    )
}

pub(crate) fn module_without_client(module: &Module) -> syn::Error {
    let name = module.ident.to_string();
    let hint = match name.ends_with("_server") {
        true => "this is tonic's server; use `client_mod_attribute`, not `server_mod_attribute`",
        false => "it must be the module around the generated client, such as `pub mod my_service_client`",
    };
    syn::Error::new(module.ident.span(), format!("there is no tonic client in `mod {name}`: {hint}"))
}

pub(crate) fn second_client(client: &Ident) -> syn::Error {
    syn::Error::new(
        client.span(),
        format!("a second client, `{client}`, in one module: give each client a module of its own, as tonic does"),
    )
}

/// tonic generates two functions of one name, which does not compile with or without an authenticated client.
pub(crate) fn name_of_tonic(function: &Ident, method: &str) -> syn::Error {
    let fix = match function == "connect" {
        true => "use `.tonic(|tonic| tonic.build_transport(false))`, or rename the method",
        false => "rename the method",
    };
    syn::Error::new(
        function.span(),
        format!("the method `{method}` and a function of tonic's client are both called `{function}`: {fix}"),
    )
}

pub(crate) fn wrong_item(item: &Item) -> syn::Error {
    let (kind, span) = match item {
        Item::Fn(item) => ("a function", item.sig.ident.span()),
        Item::Enum(item) => ("an enum", item.ident.span()),
        Item::Union(item) => ("a union", item.ident.span()),
        Item::Trait(item) => ("a trait", item.ident.span()),
        Item::Impl(item) => ("an `impl` block", item.self_ty.span()),
        Item::Type(item) => ("a type alias", item.ident.span()),
        Item::Use(item) => ("a `use` declaration", item.span()),
        other => ("this item", other.span()),
    };
    syn::Error::new(span, format!("`authenticated_client` cannot be used on {kind}: {WHERE_IT_GOES}"))
}

/// Something that is not even an item, such as a statement or an associated function.
pub(crate) fn no_item(error: &syn::Error) -> syn::Error {
    syn::Error::new(error.span(), format!("`authenticated_client` cannot be used here: {WHERE_IT_GOES}"))
}
