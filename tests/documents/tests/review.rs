//! Five lines that README prints, and they hold for this package.
#![allow(missing_docs, reason = "tests say what they are by their names")]

#[test]
fn the_authenticated_clients_are_as_reviewed() {
    let expansion = include_str!(concat!(env!("OUT_DIR"), "/helloworld.authenticated-clients.rs"));
    insta::assert_snapshot!(expansion);
}
