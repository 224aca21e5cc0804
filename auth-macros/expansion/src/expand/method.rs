//! One method of a twin: a call of the runtime, which is told what tonic's own method does.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Client, Method, RpcKind};

pub(super) fn expand(client: &Client, method: &Method) -> TokenStream {
    let Method { attributes, ident, request, response, codec, .. } = method;
    let service = client.service.as_deref().unwrap_or_default();
    let documentation = match attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        true => None,
        false => Some(format!(" Calls `{}`.", method.path(service))),
    };
    let documentation = documentation.map(|text| quote!(#[doc = #text]));
    let kind = match method.kind {
        RpcKind::Unary => quote!(unary),
        RpcKind::ServerStreaming => quote!(server_streaming),
        RpcKind::ClientStreaming => quote!(client_streaming),
        RpcKind::BidiStreaming => quote!(bidi_streaming),
    };
    let path = format!("/{}", method.path(service));
    let settings = settings(method);
    quote! {
        #documentation
        #(#attributes)*
        pub fn #ident(&self, request: #request) -> impl ::core::future::Future<Output = #response> {
            static METHOD: ::auth_runtime::__private::Method =
                ::auth_runtime::__private::Method::#kind(#path) #settings;
            self.core.#kind(&METHOD, request, #codec)
        }
    }
}

/// What the build script says about the method.
fn settings(method: &Method) -> TokenStream {
    let mut settings = TokenStream::new();
    if method.settings.unauthenticated {
        settings.extend(quote!(.unauthenticated()));
    }
    if method.settings.no_replay {
        settings.extend(quote!(.no_replay()));
    }
    if let Some(bytes) = &method.settings.replay_bound {
        settings.extend(quote!(.replay_buffer_bytes(#bytes)));
    }
    settings
}
