//! What the runtime's users find in its documentation: types, what they can do, and what is said about it.

use std::collections::BTreeMap;

use syn::{Attribute, ImplItem, Item, ReturnType, Signature, TraitItem, Type, Visibility};

use crate::{
    modules::{Crate, Name, documentation, is_for_tests},
    resolve::{attributes, defined_name, public_items},
};

/// A type, a trait or a function outside of both, or a method.
pub(crate) struct Documented {
    /// `Type` or `Type::method`.
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Type,
    /// A type that is awaited.
    Future,
    Function,
    /// One that is awaited, or returns what is.
    AsyncFunction,
}

/// All of them, by name.
pub(crate) fn documented(read: &Crate) -> BTreeMap<String, Documented> {
    let public = public_items(read);
    let is_public = |module: &Name, name: &str| public.contains(&(module.clone(), name.to_owned()));
    let names_public = |name: &str| public.iter().any(|(_, public)| public == name);
    let mut found = BTreeMap::new();
    let mut futures = Vec::new();
    for (module, Place { file, items }) in places(read) {
        let mut add = |name: String, line: usize, attributes: &[Attribute], kind| {
            let (text, place) = (documentation(attributes), format!("{file}:{line}"));
            found.insert(name.clone(), Documented { name, place, text, kind });
        };
        for item in &items {
            match item {
                Item::Impl(item) => {
                    let Some(of) = name_of(&item.self_ty).filter(|of| names_public(of)) else { continue };
                    if let Some((path, _)) = &item.trait_ {
                        futures.extend(path.segments.last().filter(|last| last.ident == "Future").map(|_| of.clone()));
                        continue;
                    }
                    for item in &item.items {
                        if let ImplItem::Fn(item) = item
                            && matches!(item.vis, Visibility::Public(_))
                        {
                            let line = item.sig.ident.span().start().line;
                            add(format!("{of}::{}", item.sig.ident), line, &item.attrs, kind(&item.sig));
                        }
                    }
                }
                Item::Fn(item) if is_public(module, &item.sig.ident.to_string()) => {
                    add(item.sig.ident.to_string(), item.sig.ident.span().start().line, &item.attrs, kind(&item.sig));
                }
                Item::Trait(item) if is_public(module, &item.ident.to_string()) => {
                    add(item.ident.to_string(), item.ident.span().start().line, &item.attrs, Kind::Type);
                    for method in &item.items {
                        if let TraitItem::Fn(method) = method {
                            let line = method.sig.ident.span().start().line;
                            add(
                                format!("{}::{}", item.ident, method.sig.ident),
                                line,
                                &method.attrs,
                                kind(&method.sig),
                            );
                        }
                    }
                }
                Item::Struct(_) | Item::Enum(_) => {
                    if let Some(name) = defined_name(item).filter(|name| is_public(module, name)) {
                        let line = match item {
                            Item::Struct(item) => item.ident.span().start().line,
                            Item::Enum(item) => item.ident.span().start().line,
                            _ => 0,
                        };
                        add(name, line, attributes(item), Kind::Type);
                    }
                }
                _ => {}
            }
        }
    }
    for name in futures {
        found.entry(name).and_modify(|found| found.kind = Kind::Future);
    }
    found
}

struct Place {
    file: String,
    items: Vec<Item>,
}

/// The items of each module, those in `pin_project!` as well.
fn places(read: &Crate) -> impl Iterator<Item = (&Name, Place)> {
    read.modules.iter().map(|(name, module)| {
        let items =
            module.items.iter().filter(|item| !attributes(item).iter().any(is_for_tests)).map(|item| match item {
                Item::Macro(item) => syn::parse2(item.mac.tokens.clone()).unwrap_or(Item::Macro(item.clone())),
                item => item.clone(),
            });
        (name, Place { file: module.file.display().to_string(), items: items.collect() })
    })
}

fn name_of(of: &Type) -> Option<String> {
    let Type::Path(of) = of else { return None };
    of.path.segments.last().map(|last| last.ident.to_string())
}

fn kind(signature: &Signature) -> Kind {
    let is_future = |returned: &Type| {
        let Type::ImplTrait(returned) = returned else { return false };
        let text = quote::ToTokens::to_token_stream(returned).to_string();
        text.contains("Future <")
    };
    let returns_future = matches!(&signature.output, ReturnType::Type(_, returned) if is_future(returned));
    match signature.asyncness.is_some() || returns_future {
        true => Kind::AsyncFunction,
        false => Kind::Function,
    }
}
