//! The twin of one tonic client.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::method;
use crate::model::Client;

pub(crate) fn expand(client: &Client, wrapper: &Ident) -> TokenStream {
    let Client { attributes, visibility, ident, .. } = client;
    let name = wrapper.to_string();
    let first_line =
        format!(" [`{ident}`] whose calls go through an [`Authenticator`](::auth_runtime::Authenticator).");
    // An empty line keeps the service's own documentation a paragraph of its own.
    let service_documentation = attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
    let empty_line = service_documentation.then(|| quote!(#[doc = ""]));
    let transport = format_ident!("T");
    let default = client.transport.as_ref().map(|transport| quote!(= #transport));
    let methods = client.methods.iter().map(|method| method::expand(client, method));
    quote! {
        #[doc = #first_line]
        #empty_line
        #(#attributes)*
        #[allow(clippy::all, clippy::pedantic)]
        #visibility struct #wrapper<#transport #default> {
            core: ::auth_runtime::__private::ClientCore<#transport>,
        }

        // A deprecated method is the caller's concern, at the place of the call.
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        impl<#transport: ::auth_runtime::Transport> #wrapper<#transport> {
            /// Authenticates the calls that go through `transport`. Nothing is contacted yet.
            #[must_use]
            pub fn new(transport: #transport, authenticator: ::auth_runtime::Authenticator) -> Self {
                Self { core: ::auth_runtime::__private::ClientCore::new(transport, authenticator) }
            }

            /// As `new`, with scheme and authority for each request, for transports that do not set them themselves.
            #[must_use]
            pub fn with_origin(
                transport: #transport,
                authenticator: ::auth_runtime::Authenticator,
                origin: ::auth_runtime::__private::tonic::codegen::http::Uri,
            ) -> Self {
                Self { core: ::auth_runtime::__private::ClientCore::with_origin(transport, authenticator, origin) }
            }

            /// Compresses requests with the given encoding. A server that does not support it answers with an error.
            #[must_use]
            pub fn send_compressed(
                self,
                encoding: ::auth_runtime::__private::tonic::codec::CompressionEncoding,
            ) -> Self {
                Self { core: self.core.send_compressed(encoding) }
            }

            /// Accepts responses that are compressed with the given encoding.
            #[must_use]
            pub fn accept_compressed(
                self,
                encoding: ::auth_runtime::__private::tonic::codec::CompressionEncoding,
            ) -> Self {
                Self { core: self.core.accept_compressed(encoding) }
            }

            /// Limits the size of a decoded message, in bytes. 4 MiB by default.
            #[must_use]
            pub fn max_decoding_message_size(self, limit: ::core::primitive::usize) -> Self {
                Self { core: self.core.max_decoding_message_size(limit) }
            }

            /// Limits the size of an encoded message, in bytes. No limit by default.
            #[must_use]
            pub fn max_encoding_message_size(self, limit: ::core::primitive::usize) -> Self {
                Self { core: self.core.max_encoding_message_size(limit) }
            }

            #(#methods)*
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl<#transport: ::core::clone::Clone> ::core::clone::Clone for #wrapper<#transport> {
            fn clone(&self) -> Self {
                Self { core: ::core::clone::Clone::clone(&self.core) }
            }
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl<#transport> ::core::fmt::Debug for #wrapper<#transport> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                self.core.debug(#name, f)
            }
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl<#transport: ::auth_runtime::Transport> ::auth_runtime::AuthenticatedClient for #wrapper<#transport> {
            type Transport = #transport;

            fn from_transport(transport: #transport, authenticator: ::auth_runtime::Authenticator) -> Self {
                Self { core: ::auth_runtime::__private::ClientCore::new(transport, authenticator) }
            }
        }
    }
}
