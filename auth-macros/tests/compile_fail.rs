//! Each diagnostic of the attribute: its place, its text, and that nothing else is reported beside it.

#![allow(clippy::expect_used, reason = "a failed test panics")]

use std::env;
use std::process::Command;

#[test]
fn each_misuse_is_one_error_that_says_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn what_the_compiler_adds_points_at_the_same_place() {
    // Here part of the text is the compiler's, which changes it from version to version.
    const WRITTEN_BY: &str = "rustc 1.95.";
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs");
    if version.stdout.starts_with(WRITTEN_BY.as_bytes()) {
        trybuild::TestCases::new().compile_fail("tests/ui/beside_rustc/*.rs");
    }
}
