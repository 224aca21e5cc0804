//! Every rule about arguments and items, and its message.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Fields, Item, ItemMod, ItemStruct, LitStr, Meta, Type};

use crate::args::{Arguments, Errors};
use crate::model::{Bundle, BundleField, Client, Method};
use crate::path::RpcPath;
use crate::read;
use crate::settings::contradiction;
use crate::source::{self, Module};

const WHERE_IT_GOES: &str = "put it on the client module that tonic generates, with \
                             `build_support::configure()` or `build_support::annotate(..)` in build.rs, or on a \
                             struct with named fields that are authenticated clients";

// === Arguments ===

/// Resolves the arguments against the methods of a client.
///
/// One attribute goes to all services of a build, so a path of another service is none of this module's business.
/// That each path names something at all is checked in the build script, which sees all services.
pub(crate) fn apply(arguments: &Arguments, client: &mut Client) -> syn::Result<()> {
    let mut errors = Errors::default();
    let mut seen: Vec<(RpcPath, &str)> = Vec::new();
    for (keyword, literal) in entries(arguments) {
        let path = match RpcPath::parse(&literal.value()) {
            Ok(path) => path,
            Err(error) => {
                errors.push(syn::Error::new(literal.span(), error.to_string()));
                continue;
            }
        };
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == path) {
            let message = match *first == keyword {
                true => format!("`{path}` is listed twice in `{keyword}`: keep one of them"),
                false => contradiction(&path, first, keyword),
            };
            errors.push(syn::Error::new(literal.span(), message));
        } else {
            if let Err(error) = known(&path, literal, client) {
                errors.push(error);
            }
            seen.push((path, keyword));
        }
    }
    for bound in arguments.replay_bound.iter().flat_map(|argument| &argument.values) {
        if bound.bytes.base10_parse::<usize>().is_err() || !matches!(bound.bytes.suffix(), "" | "usize") {
            errors.push(syn::Error::new(
                bound.bytes.span(),
                format!("`{}` is not a number of bytes: write a plain number such as 65536", bound.bytes),
            ));
        }
    }
    errors.into_result()?;

    let Some(service) = client.service.clone() else { return Ok(()) };
    for method in &mut client.methods {
        resolve(arguments, &service, method);
    }
    Ok(())
}

fn entries(arguments: &Arguments) -> impl Iterator<Item = (&'static str, &LitStr)> {
    let unauthenticated = arguments.unauthenticated.iter().flat_map(|argument| &argument.values);
    let no_replay = arguments.no_replay.iter().flat_map(|argument| &argument.values);
    let bounds = arguments.replay_bound.iter().flat_map(|argument| &argument.values);
    unauthenticated
        .map(|path| ("unauthenticated", path))
        .chain(no_replay.map(|path| ("no_replay", path)))
        .chain(bounds.map(|bound| ("replay_bound", &bound.path)))
}

fn known(path: &RpcPath, literal: &LitStr, client: &Client) -> syn::Result<()> {
    let Some(service) = &client.service else { return Ok(()) };
    let methods = || client.methods.iter().map(|method| method.name.as_str());
    if path.service() == service {
        return match path.method() {
            Some(name) if !methods().any(|method| method == name) => {
                let known: Vec<_> = methods().collect();
                Err(syn::Error::new(
                    literal.span(),
                    format!("`{service}` has no method `{name}`: its methods are {}", known.join(", ")),
                ))
            }
            _ => Ok(()),
        };
    }
    // `package.Service.Method` is well formed, but means a service `Method` in a package `package.Service`.
    match path.service().strip_prefix(service.as_str()).and_then(|rest| rest.strip_prefix('.')) {
        Some(name) if path.method().is_none() && methods().any(|method| method == name) => Err(syn::Error::new(
            literal.span(),
            format!("`{path}` names no service: a slash stands before the method, write `{service}/{name}`"),
        )),
        _ => Ok(()),
    }
}

fn resolve(arguments: &Arguments, service: &str, method: &mut Method) {
    let applies = |literal: &LitStr| {
        let path = RpcPath::parse(&literal.value()).ok().filter(|path| path.service() == service)?;
        match path.method() {
            None => Some(false),
            Some(name) => (name == method.name).then_some(true),
        }
    };
    let listed = |argument: &Option<crate::args::Argument<LitStr>>| {
        argument.iter().flat_map(|argument| &argument.values).any(|path| applies(path).is_some())
    };
    let unauthenticated = listed(&arguments.unauthenticated);
    let no_replay = listed(&arguments.no_replay);
    // A bound of the method itself counts before one of its service.
    let bounds = arguments.replay_bound.iter().flat_map(|argument| &argument.values);
    let bound = bounds.filter_map(|bound| Some((applies(&bound.path)?, bound))).max_by_key(|(of_method, _)| *of_method);
    let replay_bound = bound.map(|(_, bound)| bound.bytes.clone());

    method.settings.unauthenticated = unauthenticated;
    method.settings.no_replay = no_replay;
    method.settings.replay_bound = replay_bound;
}

/// Takes a second `authenticated_client` off an item.
///
/// Two calls of `annotate` stack two attributes. The same twice, or one that sets nothing beside one that does, is
/// harmless; what remains are the arguments that hold.
pub(crate) fn one_attribute(
    mut arguments: Arguments,
    text: &str,
    attributes: &mut Vec<Attribute>,
) -> syn::Result<Arguments> {
    let mut error = None;
    let mut text = text.to_owned();
    attributes.retain(|attribute| {
        let Some(last) = attribute.path().segments.last() else { return true };
        if last.ident != "authenticated_client" || error.is_some() {
            return true;
        }
        let (other, other_text) = match &attribute.meta {
            Meta::Path(_) => (Ok(Arguments::default()), String::new()),
            Meta::List(list) => (syn::parse2(list.tokens.clone()), list.tokens.to_string()),
            Meta::NameValue(_) => return true,
        };
        if other_text.is_empty() || other_text == text {
            return false;
        }
        if text.is_empty() {
            match other {
                Ok(other) => arguments = other,
                Err(parse_error) => error = Some(parse_error),
            }
            text = other_text;
            return error.is_some();
        }
        error = Some(syn::Error::new_spanned(
            &attribute.meta,
            "two `authenticated_client` attributes with different arguments: put all arguments into one of them",
        ));
        true
    });
    match error {
        Some(error) => Err(error),
        None => Ok(arguments),
    }
}

// === Modules ===

/// A module in a file of its own.
pub(crate) fn module_elsewhere(module: &ItemMod) -> syn::Error {
    syn::Error::new_spanned(
        module,
        format!(
            "the contents of `mod {0};` are not visible here: write `mod {0} {{ .. }}` with the generated code inside, \
             or {WHERE_IT_GOES}",
            module.ident
        ),
    )
}

pub(crate) fn module_without_client(module: &Module) -> syn::Error {
    let name = module.ident.to_string();
    let hint = match name.ends_with("_server") {
        true => "this is tonic's server; use `client_mod_attribute`, not `server_mod_attribute`",
        false => "it must be the module around the generated client, such as `pub mod my_service_client`",
    };
    syn::Error::new(module.ident.span(), format!("there is no tonic client in `mod {name}`: {hint}"))
}

pub(crate) fn second_client(client: &Ident) -> syn::Error {
    syn::Error::new(
        client.span(),
        format!("a second client, `{client}`, in one module: give each client a module of its own, as tonic does"),
    )
}

/// tonic generates two functions of one name, which does not compile with or without a twin.
pub(crate) fn name_of_tonic(function: &Ident, method: &str) -> syn::Error {
    let fix = match function == "connect" {
        true => "use `.tonic(|tonic| tonic.build_transport(false))`, or rename the method",
        false => "rename the method",
    };
    syn::Error::new(
        function.span(),
        format!("the method `{method}` and a function of tonic's client are both called `{function}`: {fix}"),
    )
}

/// The wrapper's name, if nothing in the module has it.
pub(crate) fn wrapper_name(arguments: &Arguments, client: &Ident, items: &[source::Item]) -> syn::Result<Ident> {
    let wrapper = match &arguments.name {
        Some(name) => name.wrapper.clone(),
        None => quote::format_ident!("Authenticated{}", client.unraw()),
    };
    let types = ["struct", "enum", "type", "trait"];
    let taken = items.iter().any(|item| {
        types.iter().any(|keyword| item.is(keyword)) && item.name.as_ref().is_some_and(|name| *name == wrapper)
    });
    match taken {
        false => Ok(wrapper),
        true => Err(syn::Error::new(
            arguments.name.as_ref().map_or(client.span(), |name| name.wrapper.span()),
            format!("the module has a `{wrapper}` already: choose another name with `name = ..`"),
        )),
    }
}

// === Bundles ===

pub(crate) fn bundle(arguments: &Arguments, structure: &ItemStruct) -> syn::Result<Bundle> {
    let mut errors = Errors::default();
    if let Some(span) = arguments.first() {
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
        let conditions = field.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
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

// === Everything else ===

pub(crate) fn wrong_item(item: &Item) -> syn::Error {
    let (kind, span) = match item {
        Item::Fn(item) => ("a function", item.sig.ident.span()),
        Item::Enum(item) => ("an enum", item.ident.span()),
        Item::Union(item) => ("a union", item.ident.span()),
        Item::Trait(item) => ("a trait", item.ident.span()),
        Item::Impl(item) => ("an `impl` block", item.self_ty.span()),
        Item::Type(item) => ("a type alias", item.ident.span()),
        Item::Use(item) => ("a `use` declaration", item.span()),
        other => ("this item", other.span()),
    };
    syn::Error::new(span, format!("`authenticated_client` cannot be used on {kind}: {WHERE_IT_GOES}"))
}

/// Something that is not even an item, such as a statement or an associated function.
pub(crate) fn no_item(error: &syn::Error) -> syn::Error {
    syn::Error::new(error.span(), format!("`authenticated_client` cannot be used here: {WHERE_IT_GOES}"))
}
