//! What the stages hand to each other. Tokens are carried only where they come out again as they came in: types,
//! documentation, attributes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, Expr, Generics, LitStr, Type, Visibility};

use crate::settings::MethodSettings;

/// The four kinds of gRPC methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RpcKind {
    /// One request, one response.
    Unary,
    /// One request, a stream of responses.
    ServerStreaming,
    /// A stream of requests, one response.
    ClientStreaming,
    /// A stream of requests, a stream of responses.
    BidiStreaming,
}

/// One generated tonic client.
pub(crate) struct Client {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// tonic's struct.
    pub(crate) ident: Ident,
    /// Whether tonic generated a `connect` over its own transport.
    pub(crate) has_transport: bool,
    /// The service with its package; a service without methods does not say its name.
    pub(crate) service: Option<String>,
    /// Where the owners of the service say that it is usually found.
    pub(crate) default_host: Option<LitStr>,
    pub(crate) methods: Vec<Method>,
}

/// One method of a client.
pub(crate) struct Method {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) kind: RpcKind,
    /// The method's name in the proto file.
    pub(crate) name: String,
    /// The messages, without what tonic puts around them.
    pub(crate) request: Type,
    pub(crate) response: Type,
    /// What turns messages into bytes and back.
    pub(crate) codec: Expr,
    pub(crate) settings: MethodSettings,
}

/// A user's struct of several clients over one authenticated channel.
pub(crate) struct Bundle {
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<BundleField>,
    /// Traits that the user derives, which are not to be implemented a second time.
    pub(crate) derives_clone: bool,
    pub(crate) derives_debug: bool,
}

/// One client of a bundle.
pub(crate) struct BundleField {
    /// The `#[cfg(..)]` attributes that hold for the field.
    pub(crate) conditions: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) client: Type,
}

// === impl Client ===

impl Client {
    pub(crate) fn service(&self) -> &str {
        self.service.as_deref().unwrap_or_default()
    }

    /// `ADMIN_SERVICE_METHODS` of `AdminServiceClient`: modules are re-exported by glob, so no two may have one name.
    pub(crate) fn methods_table(&self) -> Ident {
        let name = self.ident.unraw().to_string();
        let letters: Vec<char> = name.strip_suffix("Client").unwrap_or(&name).chars().collect();
        let mut table = String::new();
        for (position, letter) in letters.iter().enumerate() {
            let behind_word = position > 0 && !letters[position - 1].is_uppercase() && letters[position - 1] != '_';
            let before_word = position > 0 && letters.get(position + 1).is_some_and(|next| next.is_lowercase());
            if letter.is_uppercase() && (behind_word || before_word) && !table.ends_with('_') {
                table.push('_');
            }
            table.extend(letter.to_uppercase());
        }
        format_ident!("{table}_METHODS", span = Span::call_site())
    }
}

// === impl Method ===

impl Method {
    /// `package.Service/Method`, for people to read.
    pub(crate) fn path(&self, service: &str) -> String {
        format!("{service}/{}", self.name)
    }
}
