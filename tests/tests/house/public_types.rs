//! Each public type shows how it is used, or leads to what does.

use std::collections::BTreeMap;

use crate::{
    modules::{Crate, Name},
    public_items::{Documented, Kind, documented},
};

fn has_example(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("```"))
}

/// The names that a text links to: in [`Name`], [`text`](name) and [text](name).
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split('[').skip(1) {
        let Some((label, rest)) = part.split_once(']') else { continue };
        let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(label, |(target, _)| target);
        found.push(target.trim_matches('`').trim_end_matches("()").to_owned());
    }
    found
}

/// The types without an example, and without a link to something that has one.
fn unexplained(read: &Crate) -> Vec<String> {
    let items = documented(read);
    let shows = |from: &Documented, link: &str| {
        let link = link.strip_prefix("Self").map_or(link.to_owned(), |method| format!("{}{method}", from.name));
        let path: Vec<_> = link.split("::").filter(|part| !["crate", "self", "super"].contains(part)).collect();
        let last_two = path[path.len().saturating_sub(2)..].join("::");
        let last = path.last().copied().unwrap_or_default();
        let item = items.get(&last_two).or_else(|| items.get(last));
        let module = || read.modules.get(&Name(path.iter().map(|&part| part.to_owned()).collect()));
        item.map_or_else(
            || module().is_some_and(|module| has_example(&module.documentation)),
            |item| has_example(&item.text),
        )
    };
    let is_unexplained = |item: &&Documented| {
        let is_type = matches!(item.kind, Kind::Type | Kind::Future);
        is_type && !has_example(&item.text) && !links(&item.text).iter().any(|link| shows(item, link))
    };
    items.values().filter(is_unexplained).map(|item| format!("{}: {}", item.place, item.name)).collect()
}

#[test]
fn each_public_type_has_an_example_or_a_link_to_one() {
    let read = Crate::read("auth-runtime/src/lib.rs");
    let types: BTreeMap<_, _> = documented(&read).into_iter().filter(|(_, item)| item.kind == Kind::Type).collect();
    assert!(types.len() > 40, "{} are too few to be all", types.len());
    let unexplained = unexplained(&read);
    assert!(unexplained.is_empty(), "{} without an example:\n{}", unexplained.len(), unexplained.join("\n"));
}

#[test]
fn a_type_without_an_example_is_found() {
    let a = "//! ```\n//! shown\n//! ```\n";
    let text = "pub mod a;\n/// As in [`Shown`].\npub struct Linked;\n/// ```\n/// example\n/// ```\npub struct Shown;\n\
                /// See [the module](crate::a).\npub struct OfModule;\n/// See [`Linked`].\npub struct Indirect;\n\
                /// See [`Self::new`].\npub struct OfMethod;\nimpl OfMethod {\n/// ```\n/// example\n/// ```\n\
                pub fn new() {}\n}\nstruct Own;\npub enum Silent {}\n";
    assert_eq!(
        unexplained(&Crate::made_up(&[("lib.rs", text), ("a.rs", a)])),
        ["lib.rs:11: Indirect", "lib.rs:21: Silent"]
    );
}
