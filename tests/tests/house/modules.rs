//! The modules of a crate, as its `mod` items lead to them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta, Visibility, punctuated::Punctuated, token::Comma};

/// Where the crates begin that are held to the rules.
pub(crate) const CRATES: [&str; 7] = [
    "auth-runtime/src/lib.rs",
    "auth-macros/src/lib.rs",
    "auth-macros/expansion/src/lib.rs",
    "build-support/src/lib.rs",
    "tests/src/lib.rs",
    "tests/src/bin/login_process/main.rs",
    "tests/src/bin/store_process/main.rs",
];

pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Where a module is, from the root of its crate.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) Vec<String>);

impl Name {
    pub(crate) fn child(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([name.to_owned()]).collect())
    }

    pub(crate) fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// Whether this is the other module, or one around it.
    pub(crate) fn encloses(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The module among the crate's own that it is in.
    pub(crate) fn top(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_empty() {
            true => f.write_str("the root"),
            false => f.write_str(&self.0.join("::")),
        }
    }
}

pub(crate) struct Module {
    /// From the root of the workspace.
    pub(crate) file: PathBuf,
    pub(crate) items: Vec<Item>,
    /// Whether everybody may name it who may name the module around it.
    pub(crate) public: bool,
    pub(crate) documentation: String,
}

/// A crate without what only its tests have.
#[derive(Default)]
pub(crate) struct Crate {
    pub(crate) modules: BTreeMap<Name, Module>,
    /// How many lines each file has.
    pub(crate) lines: BTreeMap<PathBuf, usize>,
    /// Files that only tests and fuzz targets have.
    pub(crate) of_tests: BTreeSet<PathBuf>,
}

impl Crate {
    pub(crate) fn read(root: &str) -> Self {
        Self::from(root, &|file| fs::read_to_string(workspace().join(file)).ok())
    }

    /// One that is made up: its files and their texts.
    pub(crate) fn made_up(files: &[(&str, &str)]) -> Self {
        let text =
            |file: &Path| files.iter().find(|(name, _)| Path::new(name) == file).map(|(_, text)| (*text).to_owned());
        Self::from("lib.rs", &text)
    }

    fn from(root: &str, text: &dyn Fn(&Path) -> Option<String>) -> Self {
        let mut read = Self::default();
        let file = PathBuf::from(root);
        let folder = file.parent().unwrap().to_owned();
        read.add_file(Name::default(), file, &folder, false, text);
        read
    }

    fn add_file(
        &mut self,
        name: Name,
        file: PathBuf,
        folder: &Path,
        of_tests: bool,
        text: &dyn Fn(&Path) -> Option<String>,
    ) {
        let source = text(&file).unwrap_or_else(|| panic!("{} cannot be read", file.display()));
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        match of_tests {
            true => drop(self.of_tests.insert(file.clone())),
            false => drop(self.lines.insert(file.clone(), source.lines().count())),
        }
        self.add(name.clone(), &file, folder, of_tests, parsed.items, text);
        if let Some(module) = self.modules.get_mut(&name) {
            module.documentation = documentation(&parsed.attrs);
        }
    }

    /// `folder` is where the files of its children are.
    fn add(
        &mut self,
        name: Name,
        file: &Path,
        folder: &Path,
        of_tests: bool,
        items: Vec<Item>,
        text: &dyn Fn(&Path) -> Option<String>,
    ) {
        let mut own = Vec::new();
        for item in items {
            let Item::Mod(ItemMod { attrs, vis, ident, content, .. }) = item else {
                own.push(item);
                continue;
            };
            let of_tests = of_tests || attrs.iter().any(is_for_tests);
            let (child, ident) = (name.child(&ident.to_string()), ident.to_string());
            let beside = folder.join(format!("{ident}.rs"));
            let inside = folder.join(&ident);
            match content {
                Some((_, items)) => self.add(child.clone(), file, &inside, of_tests, items, text),
                None if text(&beside).is_some() => self.add_file(child.clone(), beside, &inside, of_tests, text),
                None => self.add_file(child.clone(), inside.join("mod.rs"), &inside, of_tests, text),
            }
            if let Some(module) = self.modules.get_mut(&child) {
                module.public = matches!(vis, Visibility::Public(_)) && !is_hidden(&attrs);
            }
        }
        if !of_tests {
            let module = Module { file: file.to_owned(), items: own, public: true, documentation: String::new() };
            self.modules.insert(name, module);
        }
    }
}

/// Whether what has this attribute is compiled only for tests, fuzz targets or the model checker.
pub(crate) fn is_for_tests(attribute: &Attribute) -> bool {
    fn needs_tests(condition: &Meta) -> bool {
        let parts = |list: &syn::MetaList| list.parse_args_with(Punctuated::<Meta, Comma>::parse_terminated).unwrap();
        match condition {
            Meta::Path(path) => ["test", "fuzzing", "shuttle"].iter().any(|name| path.is_ident(name)),
            Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(needs_tests),
            Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(needs_tests),
            Meta::List(_) | Meta::NameValue(_) => false,
        }
    }
    attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|condition| needs_tests(&condition))
}

/// What rustdoc shows.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
        Some(text.value() + "\n")
    });
    lines.collect()
}

pub(crate) fn is_hidden(attributes: &[Attribute]) -> bool {
    let hides = |attribute: &Attribute| attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("hidden"));
    attributes.iter().any(|attribute| attribute.path().is_ident("doc") && hides(attribute))
}

#[test]
fn each_file_of_the_crates_is_looked_at() {
    fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path.strip_prefix(workspace()).unwrap().to_owned());
            }
        }
    }
    let (mut there, mut read) = (BTreeSet::new(), BTreeSet::new());
    for root in CRATES {
        files(workspace().join(root).parent().unwrap(), &mut there);
        let Crate { lines, of_tests, .. } = Crate::read(root);
        read.extend(lines.into_keys().chain(of_tests));
    }
    assert_eq!(there, read);
}

#[test]
fn what_only_tests_have_is_left_out() {
    let text = "mod a; #[cfg(test)] mod b; #[cfg(all(test, not(shuttle)))] mod c { mod d; } #[cfg(not(test))] mod e {}";
    let read =
        Crate::made_up(&[("lib.rs", text), ("a.rs", "mod f;"), ("a/f.rs", ""), ("b/mod.rs", ""), ("c/d.rs", "")]);
    let names: Vec<_> = read.modules.keys().map(Name::to_string).collect();
    assert_eq!(names, ["the root", "a", "a::f", "e"]);
    let of_tests: Vec<_> = read.of_tests.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(of_tests, ["b/mod.rs", "c/d.rs"]);
}
