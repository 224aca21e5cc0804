//! A user's struct into the model of a bundle, with the rules about it.

use syn::parse::Parser as _;
use syn::{Attribute, Fields, ItemStruct, Meta, Type};

use crate::args::{Arguments, Errors};
use crate::conditions;
use crate::model::{Bundle, BundleField};
use crate::read;

pub(crate) fn read(arguments: &Arguments, structure: &ItemStruct) -> syn::Result<Bundle> {
    let mut errors = Errors::default();
    if let Some(span) = arguments.first_of_a_service() {
        errors.push(syn::Error::new(
            span,
            "a struct of clients takes no arguments: what is set per service belongs in build.rs, or in the \
             attribute on the client's module",
        ));
    }
    match fields(structure) {
        Ok(fields) => errors.into_result().map(|()| Bundle {
            visibility: structure.vis.clone(),
            ident: structure.ident.clone(),
            generics: structure.generics.clone(),
            fields,
            derives_clone: derives(&structure.attrs, "Clone"),
            derives_debug: derives(&structure.attrs, "Debug"),
        }),
        Err(error) => Err(errors.and(error)),
    }
}

fn fields(structure: &ItemStruct) -> syn::Result<Vec<BundleField>> {
    let name = &structure.ident;
    if read::is_client_struct(structure) {
        return Err(syn::Error::new(
            name.span(),
            format!(
                "`{name}` is tonic's client itself: the attribute goes on the module around it \
                 (`client_mod_attribute`, not `client_attribute`), where its methods can be seen"
            ),
        ));
    }
    let usage = "write `pub struct Clients { pub calls: AuthenticatedCallsClient, .. }`";
    let Fields::Named(fields) = &structure.fields else {
        return Err(syn::Error::new(name.span(), format!("`{name}` has no named fields: {usage}")));
    };
    if fields.named.is_empty() {
        return Err(syn::Error::new(name.span(), format!("`{name}` has no clients: {usage}")));
    }
    let mut errors = Errors::default();
    for field in &fields.named {
        if !names_a_type(&field.ty) {
            let message = format!("a field is a client, and a client's type has a name: {usage}");
            errors.push(syn::Error::new_spanned(&field.ty, message));
        }
    }
    errors.into_result()?;
    let field = |field: &syn::Field| {
        let conditions = conditions::of(&field.attrs);
        Some(BundleField {
            conditions: quote::quote!(#(#conditions)*),
            ident: field.ident.clone()?,
            client: field.ty.clone(),
        })
    };
    Ok(fields.named.iter().filter_map(field).collect())
}

/// Whether it is a path or may become one: what a macro wraps or expands to.
fn names_a_type(written: &Type) -> bool {
    match written {
        Type::Path(_) | Type::Macro(_) => true,
        Type::Group(group) => names_a_type(&group.elem),
        _ => false,
    }
}

fn derives(attributes: &[Attribute], name: &str) -> bool {
    type Paths = syn::punctuated::Punctuated<syn::Path, syn::Token![,]>;
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let Ok(paths) = Paths::parse_terminated.parse2(list.tokens.clone()) else { return false };
        paths.iter().any(|path| path.segments.last().is_some_and(|segment| segment.ident == name))
    })
}
