//! Cargo runs the build script again when a file changes that the code was made from, and only then.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::env;
use std::path::PathBuf;

use tests::process::alone;

const PROTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
const ROLE: &str = "BUILD_SCRIPT_ROLE";

/// The lines that a build script says to Cargo: the test runs itself again in that role, since they go to the
/// process's own output.
fn lines_of(role: &str, test: &str) -> Vec<String> {
    let output = alone(module_path!(), test).into_std().env(ROLE, role).env("CARGO", "cargo").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    let mut lines: Vec<_> =
        said.lines().filter_map(|line| line.split_once("cargo:").map(|(_, said)| said.to_owned())).collect();
    lines.sort();
    lines
}

fn rerun_lines(files: &[&str]) -> Vec<String> {
    files.iter().map(|file| format!("rerun-if-changed={PROTOS}/{file}")).collect()
}

/// Plays the build script, if this process has that role.
fn build_script() -> bool {
    let Ok(role) = env::var(ROLE) else { return false };
    let directory = tempfile::tempdir().unwrap();
    let builder = build_support::configure().out_dir(directory.path());
    let proto = |name: &str| [PathBuf::from(format!("{PROTOS}/shapes/{name}"))];
    match role.as_str() {
        "imports" => builder.compile_protos(&proto("packages.proto"), &[PROTOS]),
        "well_known" => builder.compile_protos(&proto("well_known.proto"), &[PROTOS]),
        "off" => builder
            .tonic(|tonic| tonic.emit_rerun_if_changed(false))
            .compile_protos(&proto("packages.proto"), &[PROTOS]),
        descriptor_file => builder.compile_descriptor_file(descriptor_file),
    }
    .unwrap();
    true
}

#[test]
fn each_file_is_named_including_imported_ones() {
    if build_script() {
        return;
    }
    let expected = rerun_lines(&["shapes/packages.proto", "shapes/packages_nested.proto", "shapes/shared.proto"]);
    assert_eq!(lines_of("imports", "each_file_is_named_including_imported_ones"), expected);
}

#[test]
fn well_known_files_are_not_named_since_they_are_nowhere() {
    if build_script() {
        return;
    }
    let said = lines_of("well_known", "well_known_files_are_not_named_since_they_are_nowhere");
    assert_eq!(said, rerun_lines(&["shapes/well_known.proto"]));
}

#[test]
fn nothing_is_named_when_tonics_option_is_off() {
    if build_script() {
        return;
    }
    assert_eq!(lines_of("off", "nothing_is_named_when_tonics_option_is_off"), [""; 0]);
}

#[test]
fn a_descriptor_file_is_named() {
    if build_script() {
        return;
    }
    // An empty file is an empty descriptor set.
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(lines_of(path, "a_descriptor_file_is_named"), [format!("rerun-if-changed={path}")]);
}
