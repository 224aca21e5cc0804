//! Several clients over one authenticated channel.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{GenericParam, Type, WherePredicate, parse_quote};

use super::Runtime;
use crate::model::{Bundle, BundleField};

pub(super) fn expand(bundle: &Bundle, runtime: &Runtime<'_>) -> TokenStream {
    let constructors = constructors(bundle, runtime);
    let clone = (!bundle.derives_clone).then(|| clone(bundle));
    let debug = (!bundle.derives_debug).then(|| debug(bundle));
    quote! {
        #constructors
        #clone
        #debug
    }
}

fn constructors(bundle: &Bundle, runtime: &Runtime<'_>) -> TokenStream {
    let Bundle { visibility, ident, fields, .. } = bundle;
    let first = first_client(fields);
    let auth = runtime.public(first.span());
    // Another client with another transport does not fit.
    let transport = quote_spanned!(first.span()=> <#first as #auth::AuthenticatedClient>::Transport);
    let is_transport = quote!(#auth::AuthenticatedClient<Transport = #transport>);
    let mut bounds = vec![quote!(#auth::AuthenticatedClient)];
    bounds.resize(fields.len(), is_transport);
    let generics = bounded(bundle, bounds, Some(quote!(#transport: ::core::clone::Clone)));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();

    let initialisers = fields.iter().map(|BundleField { conditions, ident, client }| {
        // The compiler's message about a field that is no client belongs to that field.
        let auth = runtime.public(client.span());
        quote_spanned! {client.span()=>
            #conditions
            #ident: <#client as #auth::AuthenticatedClient>::from_channel(::core::clone::Clone::clone(&channel))
        }
    });
    // At one place, so that the compiler says once that a field is no client. That makes it the user's own code for
    // clippy, which would have `new` take a reference if `new` itself cloned the channel. Nobody calls `new` of a struct
    // that is only a field of another.
    quote_spanned! {first.span()=>
        impl #impl_generics #ident #type_generics #where_clause {
            /// All clients over one authenticated channel. Nothing is contacted yet.
            #[must_use]
            #[allow(dead_code)]
            #visibility fn new(channel: #auth::AuthenticatedChannel<#transport>) -> Self {
                <Self as #auth::AuthenticatedClient>::from_channel(channel)
            }
        }

        #[automatically_derived]
        impl #impl_generics #auth::AuthenticatedClient for #ident #type_generics #where_clause {
            type Transport = #transport;

            fn from_channel(channel: #auth::AuthenticatedChannel<#transport>) -> Self {
                Self { #(#initialisers,)* }
            }
        }
    }
}

fn clone(bundle: &Bundle) -> TokenStream {
    let Bundle { ident, fields, .. } = bundle;
    let generics = bounded(bundle, vec![quote!(::core::clone::Clone); fields.len()], None);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let initialisers = fields.iter().map(
        |BundleField { conditions, ident, .. }| quote!(#conditions #ident: ::core::clone::Clone::clone(&self.#ident)),
    );
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #ident #type_generics #where_clause {
            fn clone(&self) -> Self {
                Self { #(#initialisers,)* }
            }
        }
    }
}

fn debug(bundle: &Bundle) -> TokenStream {
    let Bundle { ident, fields, .. } = bundle;
    let name = ident.unraw().to_string();
    let generics = bounded(bundle, vec![quote!(::core::fmt::Debug); fields.len()], None);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let fields = fields.iter().map(|BundleField { conditions, ident, .. }| {
        let name = ident.unraw().to_string();
        quote!(#conditions ::core::fmt::DebugStruct::field(&mut output, #name, &self.#ident);)
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #ident #type_generics #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let mut output = ::core::fmt::Formatter::debug_struct(f, #name);
                #(#fields)*
                ::core::fmt::DebugStruct::finish(&mut output)
            }
        }
    }
}

/// The first client that is always there, whose transport is that of all.
fn first_client(fields: &[BundleField]) -> Option<&Type> {
    let unconditional = fields.iter().find(|field| field.conditions.is_empty());
    unconditional.or(fields.first()).map(|field| &field.client)
}

/// The struct's generics with a bound for each client. Only a struct with type parameters needs them: for a concrete
/// client a bound would say nothing.
fn bounded(bundle: &Bundle, bounds: Vec<TokenStream>, also: Option<TokenStream>) -> syn::Generics {
    let mut generics = bundle.generics.clone();
    if generics.params.iter().any(|parameter| matches!(parameter, GenericParam::Type(_))) {
        let predicates = &mut generics.make_where_clause().predicates;
        for (field, bound) in bundle.fields.iter().zip(bounds) {
            let client = &field.client;
            let predicate: WherePredicate = parse_quote!(#client: #bound);
            predicates.push(predicate);
        }
        if let Some(also) = also {
            let predicate: WherePredicate = parse_quote!(#also);
            predicates.push(predicate);
        }
    }
    generics
}
