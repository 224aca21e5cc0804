//! The same files give the same code, in whatever order they come.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::fs;

use prost::Message as _;
use prost_types::FileDescriptorSet;

const PROTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// All generated files by name. `rotation` changes the order of files.
fn generate(rotation: usize) -> BTreeMap<String, String> {
    let mut protos = ["packages.proto", "packages_more.proto", "packages_nested.proto", "shared.proto"];
    protos.rotate_left(rotation);
    if rotation % 2 == 1 {
        protos.reverse();
    }
    let directory = tempfile::tempdir().unwrap();
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false).include_file("mod.rs"))
        .unauthenticated("shapes.packages.First")
        .no_replay("shapes.packages.Second/Call")
        .replay_buffer_bytes("shapes.packages.Fourth", 1)
        .out_dir(directory.path())
        .compile_protos(&protos.map(|proto| format!("{PROTOS}/shapes/{proto}")), &[PROTOS])
        .unwrap();
    let files = fs::read_dir(directory.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    });
    files.collect()
}

#[test]
fn generating_again_gives_the_same_bytes() {
    let first = generate(0);
    assert!(first.contains_key("shapes.packages.authenticated-clients.rs"), "{:?}", first.keys());
    for _ in 0..5 {
        assert_eq!(generate(0), first);
    }
}

#[test]
fn the_order_of_the_files_changes_nothing_in_what_is_added_to_them() {
    let added = |files: BTreeMap<String, String>| -> BTreeMap<String, String> {
        files.into_iter().filter(|(name, _)| name.ends_with(".authenticated-clients.rs")).collect()
    };
    let first = added(generate(0));
    assert_eq!(first.len(), 2, "{:?}", first.keys());
    for rotation in 1..4 {
        assert_eq!(added(generate(rotation)), first, "rotation {rotation}");
    }
}

#[test]
fn nor_does_the_order_in_a_descriptor_set() {
    let directory = tempfile::tempdir().unwrap();
    let set = directory.path().join("set.binpb");
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false).file_descriptor_set_path(&set))
        .out_dir(directory.path())
        .compile_protos(
            &["packages.proto", "packages_more.proto"].map(|proto| format!("{PROTOS}/shapes/{proto}")),
            &[PROTOS],
        )
        .unwrap();
    let mut descriptors = FileDescriptorSet::decode(fs::read(&set).unwrap().as_slice()).unwrap();
    let expansion = || fs::read_to_string(directory.path().join("shapes.packages.authenticated-clients.rs")).unwrap();
    let expected = expansion();
    for rotation in 0..descriptors.file.len() {
        descriptors.file.rotate_left(1);
        build_support::configure().out_dir(directory.path()).compile_fds(descriptors.clone()).unwrap();
        assert_eq!(expansion(), expected, "rotation {rotation}");
    }
}
