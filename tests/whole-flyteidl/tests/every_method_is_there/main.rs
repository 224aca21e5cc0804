//! Compares what the descriptors declare with the methods that the generated calls found.
//!
//! The counts stand here as numbers so that a descriptor set that lost half of its services is noticed too.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its own descriptors has failed")]
#![allow(deprecated, reason = "deprecated methods are there too, and here they are called")]

mod declared;
mod generated;

use declared::{Counts, declared_methods};
use generated::GeneratedMethod;

/// The calls that build.rs wrote for one source, beside the descriptors that it wrote them for.
macro_rules! source {
    ($name:ident) => {
        mod $name {
            use crate::generated::*;

            pub(super) const DESCRIPTOR_SET: &[u8] =
                include_bytes!(concat!(env!("OUT_DIR"), "/", stringify!($name), "/descriptor_set.binpb"));

            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), "/calls.rs"));
        }
    };
}

source!(flyte_1);
source!(flyte_2);
source!(from_proto_files);

#[test]
fn every_method_of_flyte_1_is_there() {
    compare(
        flyte_1::DESCRIPTOR_SET,
        &flyte_1::generated_methods(),
        Counts { services: 11, unary: 90, server_streaming: 1, client_streaming: 0, bidi_streaming: 1 },
    );
}

#[test]
fn every_method_of_flyte_2_is_there() {
    compare(
        flyte_2::DESCRIPTOR_SET,
        &flyte_2::generated_methods(),
        Counts { services: 27, unary: 104, server_streaming: 18, client_streaming: 0, bidi_streaming: 3 },
    );
}

#[test]
fn every_method_of_the_proto_files_is_there() {
    compare(
        from_proto_files::DESCRIPTOR_SET,
        &from_proto_files::generated_methods(),
        Counts { services: 11, unary: 90, server_streaming: 1, client_streaming: 0, bidi_streaming: 1 },
    );
}

#[test]
fn the_published_services_have_deprecated_methods_for_the_clients_to_be_silent_about() {
    let deprecated = |set| declared_methods(set).iter().filter(|method| method.deprecated).count();
    assert_eq!((deprecated(flyte_1::DESCRIPTOR_SET), deprecated(flyte_2::DESCRIPTOR_SET)), (4, 2));
}

#[test]
fn every_service_has_its_expansion_written_for_review() {
    for (source, descriptor_set) in [
        ("flyte_1", flyte_1::DESCRIPTOR_SET),
        ("flyte_2", flyte_2::DESCRIPTOR_SET),
        ("from_proto_files", from_proto_files::DESCRIPTOR_SET),
    ] {
        for method in declared_methods(descriptor_set) {
            let (package, service) = method.service.rsplit_once('.').unwrap();
            let file = format!("{}/{source}/{package}.authenticated-clients.rs", env!("OUT_DIR"));
            let expansion = std::fs::read_to_string(file).unwrap();
            assert!(expansion.contains(&format!("pub struct Authenticated{service}Client<")), "{}", method.service);
        }
    }
}

fn compare(descriptor_set: &[u8], generated: &[GeneratedMethod], expected: Counts) {
    let declared = declared_methods(descriptor_set);
    assert_eq!(Counts::of(&declared), expected, "what is published is not what was counted before");

    let mut declared: Vec<_> = declared.into_iter().map(|method| (method.path, method.kind)).collect();
    let mut generated: Vec<_> = generated.iter().map(|method| (method.path.to_owned(), method.kind)).collect();
    declared.sort();
    generated.sort();
    assert_eq!(generated, declared);
}
