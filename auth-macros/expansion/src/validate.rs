//! Every rule about the attribute's arguments, and its message.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, LitStr, Meta};

use crate::args::{Arguments, Errors};
use crate::model::{Client, Method};
use crate::path::RpcPath;
use crate::settings::contradiction;
use crate::source;

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
    for bound in arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values) {
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
    let bounds = arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values);
    unauthenticated
        .map(|path| ("unauthenticated", path))
        .chain(no_replay.map(|path| ("no_replay", path)))
        .chain(bounds.map(|bound| ("replay_buffer_bytes", &bound.path)))
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
    let bounds = arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values);
    let bound = bounds.filter_map(|bound| Some((applies(&bound.path)?, bound))).max_by_key(|(of_method, _)| *of_method);
    let replay_buffer_bytes = bound.map(|(_, bound)| bound.bytes.clone());

    method.settings.unauthenticated = unauthenticated;
    method.settings.no_replay = no_replay;
    method.settings.replay_buffer_bytes = replay_buffer_bytes;
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

/// The authenticated client's name, if nothing in the module has it.
pub(crate) fn client_name(arguments: &Arguments, client: &Ident, items: &[source::Item]) -> syn::Result<Ident> {
    let name = match &arguments.name {
        Some(name) => name.client.clone(),
        None => quote::format_ident!("Authenticated{}", client.unraw()),
    };
    let types = ["struct", "enum", "type", "trait"];
    let taken = items.iter().any(|item| {
        types.iter().any(|keyword| item.is(keyword)) && item.name.as_ref().is_some_and(|taken| *taken == name)
    });
    match taken {
        false => Ok(name),
        true => Err(syn::Error::new(
            arguments.name.as_ref().map_or(client.span(), |name| name.client.span()),
            format!("the module has a `{name}` already: choose another name with `name = ..`"),
        )),
    }
}
