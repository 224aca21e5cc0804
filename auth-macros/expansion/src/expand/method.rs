//! One method of a twin: tonic's own client over the authenticated transport, for the time of one call.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Client, Method, RpcKind};

pub(super) fn expand(client: &Client, method: &Method) -> TokenStream {
    let Client { ident: tonic_client, inner, .. } = client;
    let Method { attributes, ident, request, response, .. } = method;
    let description = description(method);
    let documentation = match attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        true => None,
        false => client.service.as_deref().map(|service| format!(" Calls `{}`.", method.path(service))),
    };
    let documentation = documentation.map(|text| quote!(#[doc = #text]));
    quote! {
        #documentation
        #(#attributes)*
        pub async fn #ident(&self, request: #request) -> #response {
            const METHOD: &::auth_runtime::__private::Method = &#description;
            // Named by its path: a method called `clone` would otherwise be taken for the trait's.
            #tonic_client::#ident(&mut #tonic_client { #inner: self.core.grpc(METHOD) }, request).await
        }
    }
}

/// What the runtime has to know about the method, as a constant.
fn description(method: &Method) -> TokenStream {
    let mut description = match method.kind {
        RpcKind::Unary => quote!(::auth_runtime::__private::Method::unary()),
        RpcKind::ServerStreaming => quote!(::auth_runtime::__private::Method::server_streaming()),
        RpcKind::ClientStreaming => quote!(::auth_runtime::__private::Method::client_streaming()),
        RpcKind::BidiStreaming => quote!(::auth_runtime::__private::Method::bidi_streaming()),
    };
    if method.settings.unauthenticated {
        description.extend(quote!(.unauthenticated()));
    }
    if method.settings.no_replay {
        description.extend(quote!(.no_replay()));
    }
    if let Some(bytes) = &method.settings.replay_bound {
        description.extend(quote!(.replay_bound(#bytes)));
    }
    description
}
