//! The model into tokens. One file per construct.
//!
//! Emitted code names everything by absolute path, so that it means the same under `#![no_implicit_prelude]` and
//! beside messages called `Result` or `Option`. In a client's module, where only tonic's names are, the runtime has a
//! short name. Messages are named as tonic names them: they stand in the same module.

mod bundle;
mod client;
mod method;
mod runtime;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::Item;

pub(crate) use runtime::Runtime;

use crate::args::Arguments;
use crate::model::Client;
use crate::source::{self, Module};
use crate::{fallback, read, refusal, validate};

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
        let client = client(&arguments, &module)?;
        return Ok(module.with(client.tokens));
    }
    // What the attribute sits on is the first thing to be right, whatever stands in its parentheses.
    match syn::parse2::<Item>(item).map_err(|error| refusal::no_item(&error))? {
        Item::Mod(module) => Err(refusal::module_elsewhere(&module)),
        Item::Struct(mut structure) => {
            let arguments = validate::one_attribute(syn::parse2(arguments)?, &text, &mut structure.attrs)?;
            let runtime = Runtime::new(arguments.runtime());
            let bundle = bundle::expand(&crate::bundle::read(&arguments, &structure)?, &runtime);
            let mut tokens = structure.to_token_stream();
            tokens.extend(bundle);
            Ok(tokens)
        }
        other => Err(refusal::wrong_item(&other)),
    }
}

/// What the attribute adds to one client module.
pub(crate) struct Expanded {
    pub(crate) client: Client,
    /// The name of the authenticated client.
    pub(crate) name: syn::Ident,
    pub(crate) tokens: TokenStream,
}

pub(crate) fn client(arguments: &Arguments, module: &Module) -> syn::Result<Expanded> {
    let items = source::Item::all(module.content());
    let mut client = read::client(module, &items)?;
    validate::apply(arguments, &mut client)?;
    let name = validate::client_name(arguments, &client, module, &items)?;
    let tokens = client::expand(&client, &name, &Runtime::new(arguments.runtime()));
    Ok(Expanded { client, name, tokens })
}
