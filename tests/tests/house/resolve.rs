//! Which module an import leads to: the one that defines what is named, not one that only hands it on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

use syn::{Item, UseTree, Visibility};

use crate::{
    modules::{Crate, Name, is_for_tests, is_hidden},
    paths::named_in,
};

/// One module names something of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) from: Name,
    pub(crate) to: Name,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} -> {}", self.file.display(), self.line, self.from, self.to)
    }
}

/// What the `use` items of a module bring into it.
#[derive(Default)]
struct Scope {
    /// By the name that it has here.
    names: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    defined: BTreeSet<String>,
}

struct Resolver<'a> {
    read: &'a Crate,
    scopes: BTreeMap<&'a Name, Scope>,
}

/// All imports between the modules of a crate, but for those between a module and one around it.
pub(crate) fn imports(read: &Crate) -> Vec<Import> {
    let resolver = Resolver::new(read);
    let mut found = BTreeSet::new();
    for (name, module) in &read.modules {
        let items = module.items.iter().filter(|item| !attributes(item).iter().any(is_for_tests));
        for named in items.flat_map(named_in) {
            let to = resolver.absolute(name, &named.segments).map(|path| resolver.resolve(&path, 0));
            if let Some(to) = to.filter(|to| !to.encloses(name) && !name.encloses(to)) {
                found.insert(Import { file: module.file.clone(), line: named.line, from: name.clone(), to });
            }
        }
    }
    found.into_iter().collect()
}

/// The items of a crate that its users can name, each where it is defined.
pub(crate) fn public_items(read: &Crate) -> BTreeSet<(Name, String)> {
    let mut found = BTreeSet::new();
    Resolver::new(read).add_public(&Name::default(), &mut found);
    found
}

/// Paths of other crates that a module names.
pub(crate) fn foreign_paths(read: &Crate, name: &Name) -> Vec<(usize, Vec<String>)> {
    let resolver = Resolver::new(read);
    let named = read.modules[name].items.iter().flat_map(named_in);
    named
        .filter(|named| resolver.absolute(name, &named.segments).is_none())
        .map(|named| (named.line, named.segments))
        .collect()
}

impl<'a> Resolver<'a> {
    fn new(read: &'a Crate) -> Self {
        Self { read, scopes: read.modules.keys().map(|name| (name, scope(read, name))).collect() }
    }
}

impl Resolver<'_> {
    /// The path from the root of the crate. `None` for paths of other crates, and of items at hand.
    fn absolute(&self, here: &Name, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let base = match first.as_str() {
            "crate" => Name::default(),
            "self" => here.clone(),
            "super" => here.parent(),
            child if self.read.modules.contains_key(&here.child(child)) => here.child(child),
            imported => {
                let path = self.scopes.get(here)?.names.get(imported)?;
                // A crate and what is taken from it may have one name.
                let of_crate = path[0] == *imported;
                return (!of_crate)
                    .then(|| [path.as_slice(), rest].concat())
                    .and_then(|path| self.absolute(here, &path));
            }
        };
        match rest.first().map(String::as_str) {
            Some("super" | "self") => self.absolute(&base, rest),
            _ => Some([base.0.as_slice(), rest].concat()),
        }
    }

    fn resolve(&self, path: &[String], depth: usize) -> Name {
        self.place(path, depth).0
    }

    /// The module, and what is named in it.
    fn place(&self, path: &[String], depth: usize) -> (Name, Vec<String>) {
        let mut module = Name::default();
        for (at, segment) in path.iter().enumerate() {
            let child = module.child(segment);
            if self.read.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let through = self.through(&module, segment).filter(|_| depth < 16);
            return match through.and_then(|target| self.absolute(&module, &target)) {
                Some(target) => self.place(&[target.as_slice(), &path[at + 1..]].concat(), depth + 1),
                None => (module, path[at..].to_vec()),
            };
        }
        (module, Vec::new())
    }

    /// What others can name of a module, where it is defined: public items, and what is handed on.
    fn add_public(&self, name: &Name, found: &mut BTreeSet<(Name, String)>) {
        for item in &self.read.modules[name].items {
            match item {
                Item::Use(item) if matches!(item.vis, Visibility::Public(_)) && !is_hidden(&item.attrs) => {
                    let mut scope = Scope::default();
                    add_names(&item.tree, &[], &mut scope);
                    for path in scope.names.values().filter_map(|path| self.absolute(name, path)) {
                        let (module, rest) = self.place(&path, 0);
                        found.extend(rest.first().map(|item| (module, item.clone())));
                    }
                }
                item if is_public(item) => found.extend(defined_name(item).map(|item| (name.clone(), item))),
                _ => {}
            }
        }
        let children = self.read.modules.iter().filter(|(child, module)| module.public && child.parent() == *name);
        for (child, _) in children.filter(|(child, _)| *child != name) {
            self.add_public(child, found);
        }
    }
}

impl Resolver<'_> {
    /// What a name stands for that a module has from elsewhere.
    fn through(&self, module: &Name, name: &str) -> Option<Vec<String>> {
        let scope = self.scopes.get(module)?;
        if let Some(path) = scope.names.get(name) {
            return Some(path.clone());
        }
        let mut globs = scope.globs.iter().filter(|_| !scope.defined.contains(name));
        globs.find_map(|glob| {
            let target = self.absolute(module, glob).map(|path| self.resolve(&path, 0))?;
            let scope = self.scopes.get(&target)?;
            let has = scope.defined.contains(name) || scope.names.contains_key(name);
            has.then(|| ["crate".to_owned()].into_iter().chain(target.0).chain([name.to_owned()]).collect())
        })
    }
}

fn scope(read: &Crate, name: &Name) -> Scope {
    let mut scope = Scope::default();
    for item in &read.modules[name].items {
        match item {
            Item::Use(item) => add_names(&item.tree, &[], &mut scope),
            item => scope.defined.extend(defined_name(item)),
        }
    }
    scope
}

fn add_names(tree: &UseTree, prefix: &[String], scope: &mut Scope) {
    let with = |name: &syn::Ident| prefix.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
    // `{self}` is the module itself.
    let (path_of, name_of) = (
        |ident: &syn::Ident| if ident == "self" { prefix.to_vec() } else { with(ident) },
        |ident: &syn::Ident| {
            if ident == "self" { prefix.last().cloned().unwrap_or_default() } else { ident.to_string() }
        },
    );
    match tree {
        UseTree::Path(path) => add_names(&path.tree, &with(&path.ident), scope),
        UseTree::Name(name) => drop(scope.names.insert(name_of(&name.ident), path_of(&name.ident))),
        UseTree::Rename(rename) => drop(scope.names.insert(rename.rename.to_string(), path_of(&rename.ident))),
        UseTree::Glob(_) => scope.globs.push(prefix.to_vec()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| add_names(tree, prefix, scope)),
    }
}

pub(crate) fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_)) && !is_hidden(attributes(item))
}

pub(crate) fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[test]
fn imports_lead_to_the_module_that_defines_what_is_named() {
    let read = Crate::made_up(&[
        ("lib.rs", "mod a; mod b; mod c; pub use self::b::{Deep, inner::Other as Renamed};"),
        (
            "a.rs",
            "use crate::{Deep, Renamed, c::All};\n#[cfg(test)] use crate::c::OfTests;\nfn f(x: crate::b::Own) { m!(super::b::Deep); alias::g() }\nuse crate::b::inner as alias;",
        ),
        ("b/mod.rs", "pub(crate) mod inner; pub use inner::Deep; pub struct Own; use super::a as parent_side;"),
        ("b/inner.rs", "pub struct Deep; pub struct Other; use super::Own;"),
        ("c/mod.rs", "mod d; pub use self::d::*;"),
        ("c/d.rs", "pub struct All; use super::super::b::inner::{self, Other};"),
    ]);
    let found: Vec<_> = imports(&read).iter().map(Import::to_string).collect();
    let expected = [
        "a.rs:1: a -> b::inner",
        "a.rs:1: a -> c::d",
        "a.rs:3: a -> b",
        "a.rs:3: a -> b::inner",
        "a.rs:4: a -> b::inner",
        "b/mod.rs:1: b -> a",
        "c/d.rs:1: c::d -> b::inner",
    ];
    assert_eq!(found, expected);
}
