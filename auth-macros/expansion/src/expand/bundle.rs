//! Several clients over one authenticated channel.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Type, WherePredicate, parse_quote};

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
    let Transport { named: transport, generics } = transport(bundle, runtime);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = bundle.generics.split_for_impl();

    let initialisers = fields.iter().map(|BundleField { conditions, ident, client }| {
        // The compiler's message about a field that is no client belongs to that field.
        let place = at(client);
        let auth = runtime.public(place);
        quote_spanned! {place=>
            #conditions
            #ident: #auth::AuthenticatedClient::from_channel(::core::clone::Clone::clone(&channel))
        }
    });
    // At one place, so that the compiler says once that a field is no client.
    let place = at(first_client(fields));
    let auth = runtime.public(place);
    // Nobody calls `new` of a struct that is only a field of another. The trait's function does, so that it counts as used:
    // a crate may forbid what would allow it to be unused.
    quote_spanned! {place=>
        impl #impl_generics #ident #type_generics #where_clause {
            /// All clients over one authenticated channel. Nothing is contacted yet.
            #[must_use]
            #visibility fn new(channel: #auth::AuthenticatedChannel<#transport>) -> Self {
                Self { #(#initialisers,)* }
            }
        }

        #[automatically_derived]
        impl #impl_generics #auth::AuthenticatedClient for #ident #type_generics #where_clause {
            type Transport = #transport;

            fn from_channel(channel: #auth::AuthenticatedChannel<#transport>) -> Self {
                Self::new(channel)
            }
        }
    }
}

/// The one transport of all clients.
struct Transport {
    named: TokenStream,
    /// Those of an `impl` that names it.
    generics: Generics,
}

/// Another client with another transport does not fit.
fn transport(bundle: &Bundle, runtime: &Runtime<'_>) -> Transport {
    let mut generics = bundle.generics.clone();
    if !has_type_parameters(&generics) {
        let first = first_client(&bundle.fields);
        let place = at(first);
        let auth = runtime.public(place);
        return Transport {
            named: quote_spanned!(place=> <#first as #auth::AuthenticatedClient>::Transport),
            generics,
        };
    }
    // A parameter of its own, as no client's bound may name the transport of that same client.
    let named = quote!(__Transport);
    generics.params.push(parse_quote!(#named));
    let predicates = &mut generics.make_where_clause().predicates;
    for BundleField { client, .. } in &bundle.fields {
        let place = at(client);
        let auth = runtime.public(place);
        let bound = quote_spanned!(place=> #auth::AuthenticatedClient<Transport = #named>);
        predicates.push(parse_quote!(#client: #bound));
    }
    predicates.push(parse_quote!(#named: ::core::clone::Clone));
    Transport { named, generics }
}

/// Where the type stands, as a place in generated code: lints do not take what stands there for the user's own.
fn at(client: impl Spanned) -> Span {
    Span::call_site().located_at(client.span())
}

fn clone(bundle: &Bundle) -> TokenStream {
    let Bundle { ident, fields, .. } = bundle;
    let generics = bounded(bundle, &quote!(::core::clone::Clone));
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
    let generics = bounded(bundle, &quote!(::core::fmt::Debug));
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
fn bounded(bundle: &Bundle, bound: &TokenStream) -> Generics {
    let mut generics = bundle.generics.clone();
    if has_type_parameters(&generics) {
        let predicates = &mut generics.make_where_clause().predicates;
        predicates.extend(
            bundle.fields.iter().map(|BundleField { client, .. }| -> WherePredicate { parse_quote!(#client: #bound) }),
        );
    }
    generics
}

fn has_type_parameters(generics: &Generics) -> bool {
    generics.params.iter().any(|parameter| matches!(parameter, GenericParam::Type(_)))
}
