//! One method of an authenticated client: a call of the runtime, which is told what tonic's own method does.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::model::{Client, Method, RpcKind};

pub(super) fn expand(client: &Client, method: &Method, index: usize) -> TokenStream {
    let Method { attributes, visibility, ident, request, response, codec, kind, .. } = method;
    let documentation = match attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        true => None,
        false => Some(format!(" Calls `{}`.", method.path(client.service()))),
    };
    let documentation = documentation.map(|text| quote!(#[doc = #text]));
    let request = match kind {
        RpcKind::Unary | RpcKind::ServerStreaming => quote!(__rt::IntoRequest<#request>),
        RpcKind::ClientStreaming | RpcKind::BidiStreaming => {
            quote!(__rt::IntoStreamingRequest<Message = #request>)
        }
    };
    let response = match kind {
        RpcKind::Unary | RpcKind::ClientStreaming => quote!(#response),
        RpcKind::ServerStreaming | RpcKind::BidiStreaming => quote!(__rt::Streaming<#response>),
    };
    let (call, index) = (name(*kind), Literal::usize_unsuffixed(index));
    quote! {
        #documentation
        #(#attributes)*
        #[inline]
        #visibility fn #ident<R: #request>(
            &self,
            request: R,
        ) -> impl ::core::future::Future<
            Output = __rt::Result<__rt::Response<#response>, __rt::Status>,
        > + ::core::marker::Send + use<T, R> {
            self.0.#call(&METHOD[#index], request, #codec)
        }
    }
}

/// What is known about each method before it is called.
pub(super) fn table(client: &Client) -> TokenStream {
    let number = Literal::usize_unsuffixed(client.methods.len());
    let methods = client.methods.iter().map(|method| {
        let (kind, path, settings) =
            (name(method.kind), format!("/{}", method.path(client.service())), settings(method));
        quote!(__rt::Method::#kind(#path) #settings)
    });
    quote! {
        static METHOD: [__rt::Method; #number] = [#(#methods),*];
    }
}

fn name(kind: RpcKind) -> TokenStream {
    match kind {
        RpcKind::Unary => quote!(unary),
        RpcKind::ServerStreaming => quote!(server_streaming),
        RpcKind::ClientStreaming => quote!(client_streaming),
        RpcKind::BidiStreaming => quote!(bidi_streaming),
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
    if let Some(bytes) = &method.settings.replay_buffer_bytes {
        settings.extend(quote!(.replay_buffer_bytes(#bytes)));
    }
    settings
}
