//! The authenticated client beside one of tonic's clients.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Runtime, method};
use crate::model::Client;

pub(crate) fn expand(client: &Client, authenticated: &Ident, runtime: &Runtime<'_>) -> TokenStream {
    let Client { visibility, .. } = client;
    let private = runtime.private();
    let structure = structure(client, authenticated);
    let table = method::table(client);
    let methods_table = client.methods_table();
    let constructor = constructor(&methods_table);
    let authenticator = authenticator(client);
    let setters = setters();
    let default_host = default_host(client, authenticated);
    let methods = client.methods.iter().enumerate().map(|(index, method)| method::expand(client, method, index));
    let traits = traits(client, authenticated);
    let allow_deprecated = allow_deprecated(client);
    quote! {
        /// The runtime, in the version that this code is made for.
        use #private as __rt;

        #structure

        /// What is set for each method: for [`AuthenticatedChannel::methods`](__rt::AuthenticatedChannel::methods).
        #visibility static #methods_table: __rt::MethodTable = __rt::MethodTable::new(&METHOD);

        #table

        /// A call's future owns what it needs, so that it can be spawned: that of an `async fn` would borrow the client.
        #allow_deprecated
        #[allow(clippy::all, clippy::pedantic)]
        impl<T: __rt::Transport> #authenticated<T> {
            #constructor
            #authenticator
            #setters
            #(#methods)*
        }

        #default_host

        #traits
    }
}

fn structure(client: &Client, authenticated: &Ident) -> TokenStream {
    let Client { attributes, visibility, ident, .. } = client;
    let first_line = format!(
        " [`{ident}`] over an [`AuthenticatedChannel`](__rt::AuthenticatedChannel): its calls carry credentials."
    );
    // An empty line keeps the service's own documentation a paragraph of its own.
    let service_documentation = attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
    let empty_line = service_documentation.then(|| quote!(#[doc = ""]));
    let default = client.has_transport.then(|| quote!(= __rt::tonic::transport::Channel));
    quote! {
        #[doc = #first_line]
        #empty_line
        #(#attributes)*
        #[derive(::core::clone::Clone)]
        #[must_use]
        #visibility struct #authenticated<T #default>(__rt::ClientCore<T>);
    }
}

/// A deprecated client is the concern of those who use it. Nothing is allowed without need: a crate may forbid it.
fn allow_deprecated(client: &Client) -> Option<TokenStream> {
    let deprecated = client.attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    deprecated.then(|| quote!(#[allow(deprecated)]))
}

fn constructor(methods: &Ident) -> TokenStream {
    quote! {
        /// Over an authenticated channel. Nothing is contacted yet.
        pub fn new(channel: __rt::AuthenticatedChannel<T>) -> Self {
            Self(__rt::ClientCore::new(channel, &#methods))
        }
    }
}

/// A method of the service goes first: of a client with one that is called so, the channel has to be asked.
fn authenticator(client: &Client) -> Option<TokenStream> {
    let taken = client.methods.iter().any(|method| method.ident == "authenticator");
    (!taken).then(|| {
        quote! {
            /// The channel's session.
            pub fn authenticator(&self) -> &__rt::Authenticator {
                self.0.authenticator()
            }
        }
    })
}

/// For one type parameter only: `AuthenticatedCallsClient::DEFAULT_HOST` must not ask which transport is meant. Without
/// tonic's it is none.
fn default_host(client: &Client, authenticated: &Ident) -> Option<TokenStream> {
    let host = client.default_host.as_ref()?;
    let allow_deprecated = allow_deprecated(client);
    let transport = match client.has_transport {
        true => quote!(__rt::tonic::transport::Channel),
        false => quote!(()),
    };
    Some(quote! {
        #allow_deprecated
        impl #authenticated<#transport> {
            /// The host at which the service is usually found, as its proto file says.
            pub const DEFAULT_HOST: &'static ::core::primitive::str = #host;
        }
    })
}

fn setters() -> TokenStream {
    quote! {
        /// Compresses requests. A server that does not support the encoding answers with an error.
        pub fn send_compressed(self, encoding: __rt::CompressionEncoding) -> Self {
            Self(self.0.send_compressed(encoding))
        }

        /// Accepts responses that are compressed with the given encoding.
        pub fn accept_compressed(self, encoding: __rt::CompressionEncoding) -> Self {
            Self(self.0.accept_compressed(encoding))
        }

        /// Limits the size of a decoded message, in bytes. 4 MiB by default.
        pub fn max_decoding_message_size(self, limit: ::core::primitive::usize) -> Self {
            Self(self.0.max_decoding_message_size(limit))
        }

        /// Limits the size of an encoded message, in bytes. No limit by default.
        pub fn max_encoding_message_size(self, limit: ::core::primitive::usize) -> Self {
            Self(self.0.max_encoding_message_size(limit))
        }
    }
}

fn traits(client: &Client, authenticated: &Ident) -> TokenStream {
    let allow_deprecated = allow_deprecated(client);
    quote!(__rt::client_traits! { #allow_deprecated #authenticated })
}
