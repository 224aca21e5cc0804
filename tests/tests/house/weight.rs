//! What comes along with this project: a new dependency shows as a diff of the snapshot.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    process::Command,
};

use crate::modules::workspace;

/// Whose dependencies are listed. Those of other systems are other ones.
const SYSTEM: &str = "x86_64-unknown-linux-gnu";

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let done = cargo.current_dir(workspace()).args(arguments).args(["--offline", "--locked"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Name and version of each crate that is built for this package with these features, but for the workspace's own.
fn crates(package: &str, features: &[&str]) -> BTreeSet<(String, String)> {
    let mut arguments = vec!["tree", "--package", package, "--edges", "normal,build", "--target", SYSTEM];
    arguments.extend(["--prefix", "none", "--format", "{p}"]);
    arguments.extend(features);
    let tree = cargo(&arguments);
    let others = tree.lines().filter(|line| !line.is_empty() && !line.contains(" (/"));
    let named = |line: &str| {
        let mut words = line.split(' ');
        (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned())
    };
    others.map(named).collect()
}

/// The features that users switch on, with what each switches on itself.
fn features() -> BTreeMap<String, Vec<String>> {
    let metadata: serde_json::Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let runtime = packages.iter().find(|package| package["name"] == "auth-runtime").unwrap();
    let features: BTreeMap<String, Vec<String>> = serde_json::from_value(runtime["features"].clone()).unwrap();
    features.into_iter().filter(|(name, _)| !name.starts_with('_')).collect()
}

/// Each crate once for each version of it.
fn list(crates: impl IntoIterator<Item = (String, String)>) -> String {
    crates.into_iter().map(|(name, _)| format!("    {name}\n")).collect()
}

fn with_feature(feature: &str) -> BTreeSet<(String, String)> {
    crates("auth-runtime", &["--no-default-features", "--features", feature])
}

#[test]
fn each_feature_brings_the_crates_that_were_agreed_on() {
    let none = crates("auth-runtime", &["--no-default-features"]);
    let mut weight = format!("auth-runtime without features: {}\n{}", none.len(), list(none.clone()));
    for feature in features().into_keys() {
        let with = with_feature(&feature);
        write!(weight, "with {feature}: {}, of them\n{}", with.len(), list(with.difference(&none).cloned())).unwrap();
    }
    writeln!(weight, "with all features: {}", crates("auth-runtime", &["--all-features"]).len()).unwrap();
    let build = crates("build-support", &[]);
    write!(weight, "build-support: {}\n{}", build.len(), list(build)).unwrap();
    insta::assert_snapshot!(weight);
}

/// `testing` is for whatever features a program has already.
#[test]
fn the_test_kit_brings_nothing() {
    assert_eq!(with_feature("testing"), crates("auth-runtime", &["--no-default-features"]));
    assert_eq!(crates("auth-runtime", &["--features", "testing"]), crates("auth-runtime", &[]));
}

#[test]
fn the_page_on_weight_has_these_numbers() {
    let page = fs::read_to_string(workspace().join("docs/weight.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut compared = 0;
    for (feature, rest) in rows {
        let written = rest.split(' ').next().unwrap_or_default();
        assert_eq!(written, with_feature(feature).len().to_string(), "crates with {feature}");
        compared += 1;
    }
    assert_eq!(compared, features().len(), "docs/weight.md has a row for each feature");
}

/// What they take cannot be held here; `tests/weight/measure` prints it.
#[test]
fn the_page_on_weight_has_a_release_build_with_each_feature_beside_the_default_ones() {
    let page = fs::read_to_string(workspace().join("docs/weight.md")).unwrap();
    let built: BTreeSet<_> =
        page.lines().filter_map(|line| Some(line.strip_prefix("| and `")?.split_once('`')?.0.to_owned())).collect();
    let features = features();
    let default = &features["default"];
    let further =
        features.keys().filter(|name| !default.contains(name) && !["default", "testing"].contains(&name.as_str()));
    assert_eq!(built, further.cloned().collect());
}
