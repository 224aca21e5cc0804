//! All authenticated clients of a file that tonic generated, for build scripts and tests.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Item, ItemMod, Meta};

use crate::args::Arguments;
use crate::expand;
use crate::model::RpcKind;
use crate::refusal;
use crate::source::Module;
use crate::validate;

/// What `#[authenticated_client]` adds to one client module.
#[derive(Debug)]
pub struct ExpandedClient {
    service: Option<String>,
    name: String,
    methods: Vec<ExpandedMethod>,
    tokens: TokenStream,
}

/// One method of a [`ExpandedClient`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpandedMethod {
    /// The name in the proto file.
    pub name: String,
    /// The name of the Rust function.
    pub function: String,
    /// Which of the four kinds it is.
    pub kind: RpcKind,
}

/// What the attribute adds to each annotated client module of a generated file, by the modules' names: the same for
/// any order of the files that were compiled.
///
/// A module in which the attribute would be an error is that error.
///
/// # Errors
///
/// If the file is not Rust.
pub fn expanded_clients(file: &str) -> syn::Result<Vec<syn::Result<ExpandedClient>>> {
    let mut clients = Vec::new();
    collect(&syn::parse_file(file)?.items, &mut clients);
    clients.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

/// Each with its module's name. In one package no two modules have the same.
fn collect(items: &[Item], clients: &mut Vec<(String, syn::Result<ExpandedClient>)>) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        match module.attrs.iter().position(is_ours) {
            Some(position) => clients.push((module.ident.to_string(), client(module.clone(), position))),
            None => {
                if let Some((_, items)) = &module.content {
                    collect(items, clients);
                }
            }
        }
    }
}

fn client(mut module: ItemMod, position: usize) -> syn::Result<ExpandedClient> {
    let arguments = match module.attrs.remove(position).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let text = arguments.to_string();
    let arguments: Arguments = syn::parse2(arguments)?;
    let mut module = Module::split(module.to_token_stream()).ok_or_else(|| refusal::module_elsewhere(&module))?;
    let arguments = validate::one_attribute(arguments, &text, &mut module.attributes)?;
    let expanded = expand::client(&arguments, &module)?;

    let conditions = module.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let (visibility, ident, tokens) = (&module.visibility, &module.ident, &expanded.tokens);
    let tokens = quote! {
        #(#conditions)*
        #visibility mod #ident {
            #tokens
        }
    };
    let method = |method: &crate::model::Method| ExpandedMethod {
        name: method.name.clone(),
        function: method.ident.to_string(),
        kind: method.kind,
    };
    Ok(ExpandedClient {
        methods: expanded.client.methods.iter().map(method).collect(),
        service: expanded.client.service,
        name: expanded.name.to_string(),
        tokens,
    })
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "authenticated_client")
}

// === impl ExpandedClient ===

impl ExpandedClient {
    /// The service with its package. A service without methods does not say its name.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The name of the authenticated client, such as `AuthenticatedCallsClient`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its methods, one for each method of the service.
    pub fn methods(&self) -> &[ExpandedMethod] {
        &self.methods
    }
}

impl quote::ToTokens for ExpandedClient {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
