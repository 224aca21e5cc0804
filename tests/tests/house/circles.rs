//! No module imports another that imports it, by way of others or not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    modules::{CRATES, Crate, Name},
    resolve::{Import, imports},
};

type Arrows<'a> = BTreeMap<(Name, Name), &'a Import>;

/// Circles, each as the shortest way round: between modules or, where there is none, between the folders that they are in.
fn circles(imports: &[Import]) -> BTreeSet<Vec<&Import>> {
    let found = circles_of(arrows(imports, |import| Some((import.from.clone(), import.to.clone()))));
    if !found.is_empty() {
        return found;
    }
    let deepest = imports.iter().map(|import| import.from.0.len()).max().unwrap_or_default();
    (0..deepest).flat_map(|depth| circles_of(arrows(imports, |import| siblings(import, depth)))).collect()
}

/// The two modules next to each other, at this depth, that an import goes between.
fn siblings(import: &Import, depth: usize) -> Option<(Name, Name)> {
    let (from, to) = (&import.from.0, &import.to.0);
    let parted = from.iter().zip(to).position(|(from, to)| from != to)?;
    (parted == depth).then(|| (Name(from[..=parted].to_vec()), Name(to[..=parted].to_vec())))
}

/// From module to module, each with the first import that makes it one.
fn arrows(imports: &[Import], ends: impl Fn(&Import) -> Option<(Name, Name)>) -> Arrows<'_> {
    let mut arrows = Arrows::new();
    for import in imports {
        if let Some(ends) = ends(import) {
            arrows.entry(ends).or_insert(import);
        }
    }
    arrows
}

/// The shortest circle, and then the shortest among the modules that are not bound up with it.
fn circles_of(mut arrows: Arrows<'_>) -> BTreeSet<Vec<&Import>> {
    let mut found = BTreeSet::new();
    loop {
        let circles = arrows.keys().filter_map(|(from, to)| way(&arrows, to, from).map(|way| (from, way)));
        let Some((start, way)) = circles.min_by_key(|(_, way)| way.len()) else { return found };
        let start = start.clone();
        let bound = |module: &Name| way_exists(&arrows, &start, module) && way_exists(&arrows, module, &start);
        let bound: BTreeSet<_> = arrows.keys().map(|(from, _)| from.clone()).filter(bound).collect();
        let round = way.iter().zip(way.iter().cycle().skip(1));
        let mut circle: Vec<_> = round.map(|(from, to)| arrows[&(from.clone(), to.clone())]).collect();
        let first = circle.iter().enumerate().min_by_key(|(_, import)| **import).map_or(0, |(at, _)| at);
        circle.rotate_left(first);
        found.insert(circle);
        arrows.retain(|(from, _), _| !bound.contains(from));
    }
}

fn way_exists(arrows: &Arrows<'_>, from: &Name, to: &Name) -> bool {
    from == to || way(arrows, from, to).is_some()
}

/// The modules on the shortest way, both ends included.
fn way(arrows: &Arrows<'_>, from: &Name, to: &Name) -> Option<Vec<Name>> {
    let mut before: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut ahead = VecDeque::from([from]);
    while let Some(module) = ahead.pop_front() {
        if module == to {
            let steps =
                std::iter::successors(Some(to), |module| before.get(*module).copied().filter(|_| *module != from));
            let mut way: Vec<_> = steps.cloned().collect();
            way.reverse();
            return Some(way);
        }
        for (_, next) in arrows.keys().filter(|(start, _)| start == module) {
            if next != from && !before.contains_key(next) {
                before.insert(next, module);
                ahead.push_back(next);
            }
        }
    }
    None
}

fn lines(circle: &[&Import]) -> Vec<String> {
    circle.iter().map(|import| import.to_string()).collect()
}

#[test]
fn no_crate_has_a_circle_of_imports() {
    for root in CRATES {
        let imports = imports(&Crate::read(root));
        let circles: Vec<_> = circles(&imports).iter().map(|circle| lines(circle).join("\n")).collect();
        assert!(circles.is_empty(), "imports in a circle:\n{}", circles.join("\n\n"));
    }
}

fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    circles(&imports(&Crate::made_up(files))).iter().map(|circle| lines(circle)).collect()
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
    let circle = ["a.rs:2: a -> b", "b.rs:1: b -> c", "c.rs:3: c -> a"];
    assert_eq!(found(&files), [circle]);
}

#[test]
fn of_several_circles_each_is_told_by_its_shortest_way() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod x; mod y;"),
        ("a.rs", "use crate::b::of_b;"),
        ("b.rs", "use crate::{a::of_a, c::of_c};"),
        ("c.rs", "use crate::a::of_a;"),
        ("x.rs", "use crate::y::of_y;"),
        ("y.rs", "use crate::{a::of_a, x::of_x};"),
    ];
    assert_eq!(found(&files), [["a.rs:1: a -> b", "b.rs:1: b -> a"], ["x.rs:1: x -> y", "y.rs:1: y -> x"]]);
}

#[test]
fn a_circle_through_what_another_module_hands_on_is_found() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::inner::Thing;"),
        ("a.rs", "use crate::Thing; pub struct A;"),
        ("b/mod.rs", "pub(crate) mod inner; pub(crate) use inner::Thing as Other;"),
        ("b/inner.rs", "pub struct Thing(crate::a::A);"),
    ];
    assert_eq!(found(&files), [["a.rs:1: a -> b::inner", "b/inner.rs:1: b::inner -> a"]]);
}

#[test]
fn a_circle_between_folders_is_found_though_none_of_their_files_is_in_one() {
    let files = [
        ("lib.rs", "mod top;"),
        ("top/mod.rs", "mod a { pub mod one { use super::super::b::three::X; } pub mod two {} } mod b;"),
        ("top/b.rs", "pub mod three {}\npub mod four { use crate::top::a::two::Y; }"),
    ];
    let expected = ["top/b.rs:2: top::b::four -> top::a::two", "top/mod.rs:1: top::a::one -> top::b::three"];
    assert_eq!(found(&files), [expected]);
}

#[test]
fn a_module_and_those_in_it_may_name_each_other() {
    let files = [
        ("lib.rs", "mod a; pub use a::A;"),
        ("a/mod.rs", "mod b; pub use b::B; pub struct A;"),
        ("a/b.rs", "use super::A; pub struct B(crate::A);"),
    ];
    assert_eq!(found(&files), [] as [Vec<String>; 0]);
}
