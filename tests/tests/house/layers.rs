//! The layers of the runtime: imports go downwards only.

use crate::{
    modules::{Crate, Name},
    resolve::{Import, foreign_paths, imports},
};

/// From top to bottom. Modules of one line know nothing of each other.
const LAYERS: [&[&str]; 13] = [
    &["flyte", "testing"],
    &["client"],
    &["service"],
    &["authenticator"],
    &["session"],
    &["flow"],
    &["discovery"],
    &["store", "prompt"],
    &["net"],
    &["credentials"],
    &["limits"],
    &["error"],
    &["plain_text", "user_file"],
];

/// What expanded code names: a part of the root, as the rest of `lib.rs`.
const OF_THE_ROOT: &str = "__private";

/// What a module inside a layer is not to know, though its layer may.
const CLOSED: [(&str, &[&str]); 3] = [
    ("service::request", &["session", "authenticator", "service::call", "service::response"]),
    ("service::response", &["session", "service::call", "service::request"]),
    ("session::core", &["session::driver", "session::clock", "session::sync", "flow", "discovery", "store", "prompt"]),
];

/// What the pure part of the session may use of crates that have tasks, locks and clocks.
const PURE: [&str; 2] = ["tokio::time::Instant", "std::sync::Arc"];

fn rank(layers: &[&[&str]], module: &Name) -> Option<usize> {
    layers.iter().position(|layer| module.top().is_some_and(|top| layer.contains(&top)))
}

/// The imports that do not go to a lower layer, and those of modules that are in none.
fn upward<'a>(layers: &[&[&str]], imports: &'a [Import]) -> Vec<&'a Import> {
    let goes_down = |import: &&Import| {
        let same = import.from.top() == import.to.top() || import.from.top() == Some(OF_THE_ROOT);
        let ranks = rank(layers, &import.from).zip(rank(layers, &import.to));
        same || ranks.is_some_and(|(from, to)| from < to)
    };
    imports.iter().filter(|import| !goes_down(import)).collect()
}

fn is_in(module: &Name, enclosing: &str) -> bool {
    Name(enclosing.split("::").map(str::to_owned).collect()).encloses(module)
}

fn forbidden<'a>(closed: &[(&str, &[&str])], imports: &'a [Import]) -> Vec<&'a Import> {
    let is_forbidden = |import: &&Import| {
        closed.iter().any(|(module, not)| is_in(&import.from, module) && not.iter().any(|not| is_in(&import.to, not)))
    };
    imports.iter().filter(is_forbidden).collect()
}

fn lines(imports: &[&Import]) -> String {
    imports.iter().map(|import| format!("{import}\n")).collect()
}

#[test]
fn imports_go_downwards() {
    let read = Crate::read("auth-runtime/src/lib.rs");
    let imports = imports(&read);
    assert!(imports.len() > 300, "{} imports are too few to be all", imports.len());
    let upward = upward(&LAYERS, &imports);
    assert!(upward.is_empty(), "imports that do not go downwards:\n{}", lines(&upward));
    let forbidden = forbidden(&CLOSED, &imports);
    assert!(forbidden.is_empty(), "imports of what a module is not to know:\n{}", lines(&forbidden));
}

#[test]
fn each_module_has_a_layer_and_each_layer_its_modules() {
    let read = Crate::read("auth-runtime/src/lib.rs");
    for module in read.modules.keys().filter(|module| module.top().is_some_and(|top| top != OF_THE_ROOT)) {
        assert!(rank(&LAYERS, module).is_some(), "{module} is in no layer");
    }
    let closed = CLOSED.iter().flat_map(|(module, not)| [*module].into_iter().chain(not.iter().copied()));
    for name in LAYERS.iter().flat_map(|layer| layer.iter().copied()).chain(closed) {
        assert!(read.modules.keys().any(|module| module.to_string() == name), "there is no module `{name}`");
    }
}

#[test]
fn what_the_session_decides_is_pure() {
    let read = Crate::read("auth-runtime/src/lib.rs");
    let core: Vec<_> = read.modules.keys().filter(|module| is_in(module, "session::core")).collect();
    assert!(core.len() > 5);
    for module in core {
        for (line, path) in foreign_paths(&read, module) {
            let (path, crates) = (path.join("::"), ["tokio::", "std::sync::", "std::thread::", "tracing::"]);
            let pure = PURE.contains(&path.as_str()) || !crates.iter().any(|prefix| path.starts_with(prefix));
            assert!(pure, "{}:{line}: {module} -> {path}", read.modules[module].file.display());
        }
    }
}

#[test]
fn an_import_upwards_sideways_or_of_no_layer_is_found() {
    let layers: [&[&str]; 3] = [&["top"], &["left", "right"], &["low"]];
    let read = Crate::made_up(&[
        ("lib.rs", "mod top; mod left; mod right; mod low; mod lost; pub use top::inner::Thing;"),
        ("top/mod.rs", "pub(crate) mod inner;"),
        ("top/inner.rs", "pub struct Thing; use crate::{left::L, low::Low};"),
        ("left.rs", "pub struct L;\nuse super::right::R;"),
        ("right.rs", "pub struct R(crate::low::Low);"),
        ("low.rs", "pub struct Low;\n\nfn upward(_: crate::Thing) {}"),
        ("lost.rs", "use crate::low::Low;"),
    ]);
    let imports = imports(&read);
    let expected = "left.rs:2: left -> right\nlost.rs:1: lost -> low\nlow.rs:3: low -> top::inner\n";
    assert_eq!(lines(&upward(&layers, &imports)), expected);
}

#[test]
fn an_import_of_what_a_module_is_not_to_know_is_found() {
    let read = Crate::made_up(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod open; mod shut { mod deep { use super::super::super::b::{B, C}; } }"),
        ("a/open.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B; pub struct C;"),
    ]);
    let imports = imports(&read);
    assert_eq!(lines(&forbidden(&[("a::shut", &["b"])], &imports)), "a/mod.rs:1: a::shut::deep -> b\n");
}
