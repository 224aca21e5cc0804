//! Whoever awaits something is told what happens if they stop.

use std::collections::BTreeMap;

use crate::{
    modules::Crate,
    public_items::{Documented, Kind, documented},
};

const SECTION: &str = "# Cancel safety";

/// What is awaited and does not say what dropping it does. A trait may say it for all of its methods.
fn silent(items: &BTreeMap<String, Documented>) -> Vec<String> {
    let says = |name: &str| items.get(name).is_some_and(|item| item.text.contains(SECTION));
    let is_silent = |item: &&Documented| match item.kind {
        Kind::Future => !says(&item.name),
        Kind::AsyncFunction => {
            let of = item.name.split("::").next().unwrap_or_default();
            !says(&item.name) && !says(of)
        }
        Kind::Type | Kind::Function => false,
    };
    items.values().filter(is_silent).map(|item| format!("{}: {}", item.place, item.name)).collect()
}

#[test]
fn everything_that_is_awaited_says_what_cancelling_it_does() {
    let items = documented(&Crate::read("auth-runtime/src/lib.rs"));
    let awaited = items.values().filter(|item| matches!(item.kind, Kind::Future | Kind::AsyncFunction)).count();
    assert!(awaited > 15, "{awaited} are too few to be all");
    let silent = silent(&items);
    assert!(silent.is_empty(), "without `{SECTION}`:\n{}", silent.join("\n"));
}

#[test]
fn what_does_not_say_it_is_found() {
    let text = "mod a; pub use a::{F, T, f};\n\
                pub struct S; impl S { pub async fn g(&self) {} async fn own() {} pub fn now() {} }\n\
                struct Own; impl Own { pub async fn h() {} }\n";
    let a = "pub struct F;\nimpl Future for F {}\n\
             pub trait T { fn later(&self) -> impl Future<Output = ()> + Send; }\n\
             /// # Cancel safety\npub async fn f() {}\n";
    let found = silent(&documented(&Crate::made_up(&[("lib.rs", text), ("a.rs", a)])));
    assert_eq!(found, ["a.rs:1: F", "lib.rs:2: S::g", "a.rs:3: T::later"]);
}
