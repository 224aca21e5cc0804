//! All twins of a file that tonic generated, for build scripts and tests.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Item, ItemMod, Meta};

use crate::args::Arguments;
use crate::expand;
use crate::model::RpcKind;
use crate::source::Module;
use crate::validate;

/// What `#[authenticated_client]` adds to one client module.
#[derive(Debug)]
pub struct Twin {
    service: Option<String>,
    wrapper: String,
    methods: Vec<TwinMethod>,
    tokens: TokenStream,
}

/// One method of a [`Twin`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinMethod {
    /// The name in the proto file.
    pub name: String,
    /// The name of the Rust function.
    pub function: String,
    /// Which of the four kinds it is.
    pub kind: RpcKind,
}

/// The twins of all annotated client modules of a generated file, in the file's order.
///
/// # Errors
///
/// If the file is not Rust, or if the attribute would be an error in it.
pub fn twins(file: &str) -> syn::Result<Vec<Twin>> {
    let mut twins = Vec::new();
    collect(&syn::parse_file(file)?.items, &mut twins)?;
    Ok(twins)
}

fn collect(items: &[Item], twins: &mut Vec<Twin>) -> syn::Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        match module.attrs.iter().position(is_ours) {
            Some(position) => twins.push(twin(module.clone(), position)?),
            None => {
                if let Some((_, items)) = &module.content {
                    collect(items, twins)?;
                }
            }
        }
    }
    Ok(())
}

fn twin(mut module: ItemMod, position: usize) -> syn::Result<Twin> {
    let arguments = match module.attrs.remove(position).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let text = arguments.to_string();
    let arguments: Arguments = syn::parse2(arguments)?;
    let mut module = Module::split(module.to_token_stream()).ok_or_else(|| validate::module_elsewhere(&module))?;
    let arguments = validate::one_attribute(arguments, &text, &mut module.attributes)?;
    let expanded = expand::twin(&arguments, &module)?;

    let conditions = module.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let (visibility, ident, tokens) = (&module.visibility, &module.ident, &expanded.tokens);
    let tokens = quote! {
        #(#conditions)*
        #visibility mod #ident {
            #tokens
        }
    };
    let method = |method: &crate::model::Method| TwinMethod {
        name: method.name.clone(),
        function: method.ident.to_string(),
        kind: method.kind,
    };
    Ok(Twin {
        methods: expanded.client.methods.iter().map(method).collect(),
        service: expanded.client.service,
        wrapper: expanded.wrapper.to_string(),
        tokens,
    })
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "authenticated_client")
}

// === impl Twin ===

impl Twin {
    /// The service with its package. A service without methods does not say its name.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The name of the wrapper, such as `AuthenticatedCallsClient`.
    pub fn wrapper(&self) -> &str {
        &self.wrapper
    }

    /// The wrapper's methods, one for each method of the service.
    pub fn methods(&self) -> &[TwinMethod] {
        &self.methods
    }
}

impl quote::ToTokens for Twin {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
