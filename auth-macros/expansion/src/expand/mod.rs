//! The model into tokens. One file per construct.
//!
//! Emitted code names everything by absolute path, so that it means the same under `#![no_implicit_prelude]` and
//! beside messages called `Result` or `Option`. Types of requests and responses are repeated as tonic wrote them: they
//! stand in the same module.

mod bundle;
mod client;
mod method;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::Item;

pub(crate) use client::expand as client;

use crate::args::Arguments;
use crate::source::{self, Module};
use crate::{fallback, read, validate};

/// Expands `#[authenticated_client(arguments)] item`.
///
/// The item comes back as it was, with the generated code inside (a client module) or behind it (a struct). On an
/// error it comes back untouched, beside a `compile_error!` for each thing that is wrong.
pub fn authenticated_client(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(arguments, item.clone()).unwrap_or_else(|error| fallback::error_beside(&item, &error))
}

fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let text = arguments.to_string();
    if let Some(mut module) = Module::split(item.clone()) {
        let arguments = validate::one_attribute(syn::parse2(arguments)?, &text, &mut module.attributes)?;
        let twin = twin(&arguments, &module)?;
        return Ok(module.with(twin.tokens));
    }
    // What the attribute sits on is the first thing to be right, whatever stands in its parentheses.
    match syn::parse2::<Item>(item).map_err(|error| validate::no_item(&error))? {
        Item::Mod(module) => Err(validate::module_elsewhere(&module)),
        Item::Struct(mut structure) => {
            let arguments = validate::one_attribute(syn::parse2(arguments)?, &text, &mut structure.attrs)?;
            let bundle = bundle::expand(&validate::bundle(&arguments, &structure)?);
            let mut tokens = structure.to_token_stream();
            tokens.extend(bundle);
            Ok(tokens)
        }
        other => Err(validate::wrong_item(&other)),
    }
}

/// What the attribute adds to one client module.
pub(crate) struct ExpandedTwin {
    pub(crate) client: crate::model::Client,
    pub(crate) wrapper: syn::Ident,
    pub(crate) tokens: TokenStream,
}

pub(crate) fn twin(arguments: &Arguments, module: &Module) -> syn::Result<ExpandedTwin> {
    let items = source::Item::all(module.content());
    let mut model = read::client(module, &items)?;
    validate::apply(arguments, &mut model)?;
    let wrapper = validate::wrapper_name(arguments, &model.ident, &items)?;
    let tokens = client(&model, &wrapper);
    Ok(ExpandedTwin { client: model, wrapper, tokens })
}
