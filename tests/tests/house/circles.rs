//! No module imports another that imports it, by way of others or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    modules::{CRATES, Crate, Name},
    resolve::{Import, imports},
};

/// The imports that are part of a circle: between modules, or between the modules that those are in.
pub(crate) fn in_circles(imports: &[Import]) -> BTreeSet<&Import> {
    let mut found = circles_of(imports, |import| Some((import.from.clone(), import.to.clone())));
    let deepest = imports.iter().map(|import| import.from.0.len()).max().unwrap_or_default();
    for depth in 0..deepest {
        found.extend(circles_of(imports, |import| siblings(import, depth)));
    }
    found
}

/// The two modules next to each other, at this depth, that an import goes between.
fn siblings(import: &Import, depth: usize) -> Option<(Name, Name)> {
    let (from, to) = (&import.from.0, &import.to.0);
    let parted = from.iter().zip(to).position(|(from, to)| from != to)?;
    (parted == depth).then(|| (Name(from[..=parted].to_vec()), Name(to[..=parted].to_vec())))
}

fn circles_of(imports: &[Import], ends: impl Fn(&Import) -> Option<(Name, Name)>) -> BTreeSet<&Import> {
    let mut arrows: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    for (from, to) in imports.iter().filter_map(&ends) {
        arrows.entry(from).or_default().insert(to);
    }
    let leads_back = |(from, to): (Name, Name)| {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![to]);
        while let Some(module) = ahead.pop() {
            if module == from {
                return true;
            }
            if seen.insert(module.clone()) {
                ahead.extend(arrows.get(&module).into_iter().flatten().cloned());
            }
        }
        false
    };
    imports.iter().filter(|import| ends(import).is_some_and(leads_back)).collect()
}

#[test]
fn no_crate_has_a_circle_of_imports() {
    for root in CRATES {
        let imports = imports(&Crate::read(root));
        let circles: Vec<_> = in_circles(&imports).into_iter().map(Import::to_string).collect();
        assert!(circles.is_empty(), "imports in circles:\n{}", circles.join("\n"));
    }
}

#[cfg(test)]
fn found(files: &[(&str, &str)]) -> Vec<String> {
    in_circles(&imports(&Crate::made_up(files))).into_iter().map(Import::to_string).collect()
}

#[test]
fn a_circle_is_found_with_each_import_in_it() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "\nuse crate::b::B;"),
        ("b.rs", "pub struct B(super::c::C);"),
        ("c.rs", "pub struct C;\n\nfn f() { m!(crate::a::f()) }"),
        ("d.rs", "use crate::a::f;"),
    ];
    assert_eq!(found(&files), ["a.rs:2: a -> b", "b.rs:1: b -> c", "c.rs:3: c -> a"]);
}

#[test]
fn a_circle_through_what_another_module_hands_on_is_found() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::inner::Thing;"),
        ("a.rs", "use crate::Thing; pub struct A;"),
        ("b/mod.rs", "pub(crate) mod inner; pub(crate) use inner::Thing as Other;"),
        ("b/inner.rs", "pub struct Thing(crate::a::A);"),
    ];
    assert_eq!(found(&files), ["a.rs:1: a -> b::inner", "b/inner.rs:1: b::inner -> a"]);
}

#[test]
fn a_circle_between_folders_is_found_though_none_of_their_files_is_in_one() {
    let files = [
        ("lib.rs", "mod top;"),
        ("top/mod.rs", "mod a { pub mod one { use super::super::b::three::X; } pub mod two {} } mod b;"),
        ("top/b.rs", "pub mod three {}\npub mod four { use crate::top::a::two::Y; }"),
    ];
    let expected = ["top/b.rs:2: top::b::four -> top::a::two", "top/mod.rs:1: top::a::one -> top::b::three"];
    assert_eq!(found(&files), expected);
}

#[test]
fn a_module_and_those_in_it_may_name_each_other() {
    let files = [
        ("lib.rs", "mod a; pub use a::A;"),
        ("a/mod.rs", "mod b; pub use b::B; pub struct A;"),
        ("a/b.rs", "use super::A; pub struct B(crate::A);"),
    ];
    assert_eq!(found(&files), [] as [&str; 0]);
}
