//! Every rule about the attribute's arguments, and its message.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, LitStr, Meta};

use crate::args::{Arguments, Errors, Host, Name, Names, Size};
use crate::model::{Client, Method};
use crate::path::RpcPath;
use crate::settings::contradiction;
use crate::source::{self, Module};

/// Resolves the arguments against the methods of a client.
///
/// One attribute goes to all services of a build, so a path of another service is none of this module's business.
/// That each path names something at all is checked in the build script, which sees all services.
pub(crate) fn apply(arguments: &Arguments, client: &mut Client) -> syn::Result<()> {
    let mut errors = Errors::default();
    let mut seen: Vec<(&str, RpcPath)> = Vec::new();
    for (keyword, literal) in entries(arguments) {
        let path = match RpcPath::parse(&literal.value()) {
            Ok(path) => path,
            Err(error) => {
                errors.push(syn::Error::new(literal.span(), error.to_string()));
                continue;
            }
        };
        if seen.contains(&(keyword, path.clone())) {
            let message = format!("`{path}` is listed twice in `{keyword}`: keep one of them");
            errors.push(syn::Error::new(literal.span(), message));
            continue;
        }
        let message = seen.iter().find_map(|(first, other)| contradiction((first, other), (keyword, &path)));
        if let Some(message) = message {
            errors.push(syn::Error::new(literal.span(), message));
        } else if let Err(error) = known(&path, literal, client) {
            errors.push(error);
        }
        seen.push((keyword, path));
    }
    for Size { bytes, .. } in arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values) {
        if bytes.base10_parse::<usize>().is_err() || !matches!(bytes.suffix(), "" | "usize") {
            let message = format!("`{bytes}` is not a number of bytes: write a plain number such as 65536");
            errors.push(syn::Error::new(bytes.span(), message));
        }
    }
    let default_host = default_host(arguments, client).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    errors.into_result()?;

    client.default_host = default_host;
    let Some(service) = client.service.clone() else { return Ok(()) };
    for method in &mut client.methods {
        resolve(arguments, &service, method);
    }
    Ok(())
}

fn entries(arguments: &Arguments) -> impl Iterator<Item = (&'static str, &LitStr)> {
    let unauthenticated = arguments.unauthenticated.iter().flat_map(|argument| &argument.values);
    let no_replay = arguments.no_replay.iter().flat_map(|argument| &argument.values);
    let sizes = arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values);
    unauthenticated
        .map(|path| ("unauthenticated", path))
        .chain(no_replay.map(|path| ("no_replay", path)))
        .chain(sizes.map(|size| ("replay_buffer_bytes", &size.path)))
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
    // A method may be public though its service has another setting.
    let no_replay = listed(&arguments.no_replay) && !unauthenticated;
    // A size for the method itself counts before one for its service.
    let sizes = arguments.replay_buffer_bytes.iter().flat_map(|argument| &argument.values);
    let size = sizes.filter_map(|size| Some((applies(&size.path)?, size))).max_by_key(|(of_method, _)| *of_method);
    let size = size.filter(|_| !unauthenticated && !no_replay);
    method.settings.unauthenticated = unauthenticated;
    method.settings.no_replay = no_replay;
    method.settings.replay_buffer_bytes = size.map(|(_, size)| size.bytes.clone());
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
pub(crate) fn client_name(
    arguments: &Arguments,
    client: &Client,
    module: &Module,
    items: &[source::Item],
) -> syn::Result<Ident> {
    let given = match &arguments.name {
        None => None,
        Some(Name { clients: Names::OfModule(name), .. }) => Some(name),
        Some(Name { clients: Names::OfServices(names), .. }) => name_of_service(names, client)?,
    };
    let name = match given {
        Some(name) => name.clone(),
        None => quote::format_ident!("Authenticated{}", client.ident.unraw()),
    };
    let types = ["struct", "enum", "type", "trait"];
    let taken = items.iter().any(|item| {
        types.iter().any(|keyword| item.is(keyword))
            && item.name.as_ref().is_some_and(|taken| taken.unraw() == name.unraw())
    });
    let problem = if taken {
        format!("the module has a `{name}` already")
    } else if given.is_some_and(|given| means_something_else(given, client, module, items)) {
        format!("`{name}` stands for something else in the module")
    } else {
        return Ok(name);
    };
    let message = format!("{problem}: choose another name with `name = ..`, in build.rs with `.client_name(..)`");
    Err(syn::Error::new(given.unwrap_or(&client.ident).span(), message))
}

/// Whether tonic's code would mean the authenticated client where it means a trait or a type, or the code beside it would
/// define two things of one name.
fn means_something_else(name: &Ident, client: &Client, module: &Module, items: &[source::Item]) -> bool {
    let generated = *name == "__rt" || *name == "METHOD" || *name == client.methods_table();
    let imported = || items.iter().any(|item| item.is("use") && item.names(name));
    generated || imported() || source::names_without_path(name, module.content())
}

fn name_of_service<'a>(names: &'a [(LitStr, Ident)], client: &Client) -> syn::Result<Option<&'a Ident>> {
    of_service(names.iter().map(|(path, name)| (path, name)), "a name is for a service's client", client)
}

fn default_host(arguments: &Arguments, client: &Client) -> syn::Result<Option<LitStr>> {
    let hosts = arguments.default_host.iter().flat_map(|argument| &argument.values);
    let hosts = hosts.map(|Host { service, host }| (service, host));
    Ok(of_service(hosts, "a host is a service's", client)?.cloned())
}

/// What is given for the client's own service, where each path has to be that of a service.
fn of_service<'a, T>(
    given: impl Iterator<Item = (&'a LitStr, &'a T)>,
    rule: &str,
    client: &Client,
) -> syn::Result<Option<&'a T>> {
    let mut found = None;
    for (literal, value) in given {
        let path = RpcPath::parse(&literal.value()).map_err(|error| syn::Error::new(literal.span(), error))?;
        if path.method().is_some() {
            let message = format!("`{path}` is a method, and {rule}: leave the method out");
            return Err(syn::Error::new(literal.span(), message));
        }
        if Some(path.service()) == client.service.as_deref() {
            found = Some(value);
        }
    }
    Ok(found)
}
