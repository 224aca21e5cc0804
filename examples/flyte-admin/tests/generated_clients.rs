//! The authenticated clients as they are generated, under review: after a change of the protos or of the generator
//! `cargo insta review` shows what became of them.

#[test]
fn the_generated_clients_are_the_reviewed_ones() {
    insta::assert_snapshot!(include_str!(concat!(env!("OUT_DIR"), "/flyteidl.service.authenticated-clients.rs")));
}
