//! Each block of code in README and `docs/` is compiled or run: as part of an example, or by the test that is named here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use crate::{
    manifests::has_dependencies,
    modules::workspace,
    pages::{Block, blocks, files, read},
};

/// Who else runs or compares what is printed: the page, the language, where it begins, and by what.
const HELD_ELSEWHERE: [(&str, &str, &str, &str); 11] = [
    ("ARCHITECTURE.md", "mermaid", "", "house::documents::what_the_architecture_names_is_there"),
    // Built as they stand, from the packaged crates alone.
    ("auth-macros/README.md", "", "", "tests/packages/run"),
    ("auth-runtime/README.md", "", "", "tests/packages/run"),
    ("build-support/README.md", "", "", "tests/packages/run"),
    ("docs/getting-started.md", "text", "", "examples/getting-started/tests/page.rs"),
    ("docs/logging-in.md", "text", "issuer:", "trust::page::a_provider_without_metadata"),
    ("docs/logging-in.md", "text", "asking the issuer", "trust::page::a_private_provider_behind_a_proxy"),
    ("docs/logging-in.md", "text", "a person has to log in", "login::sparing_people"),
    ("", "yaml", "", "flyte::documentation::what_pages_show_of_a_file_is_understood"),
    ("", "diff", "", "house::diffs::the_diffs_are_those_of_the_files"),
    ("", "sh", "", "house::commands::what_commands_name_is_there"),
];

/// What nobody compiles or runs as it is printed: the page, where it begins, and why.
const NOT_RUN: [(&str, &str, &str); 3] = [
    ("ARCHITECTURE.md", "build.rs ──►", "a drawing of the crates"),
    ("docs/flyte.md", "ok     configuration  the endpoint is http://localhost:18089", "recorded at a real flyteadmin"),
    ("docs/flyte.md", "ok     configuration  the endpoint is http://localhost:9,", "recorded where nothing listens"),
];

/// Lines without the indentation that all of them share, and without empty lines around them.
fn dedent(text: &str) -> Vec<&str> {
    let lines: Vec<_> = text.trim_matches('\n').lines().map(str::trim_end).collect();
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().filter(|line| !line.is_empty()).map(indentation).min().unwrap_or_default();
    lines.into_iter().map(|line| line.get(shared..).unwrap_or_default()).collect()
}

/// Whether the lines stand in the source one after the other, however far they are indented.
fn stands_in(lines: &[&str], source: &str) -> bool {
    let source: Vec<_> = source.lines().collect();
    source.windows(lines.len()).any(|window| window.first() != Some(&"") && dedent(&window.join("\n")) == lines)
}

/// What cargo compiles, and its build scripts read: not a file that no crate names.
fn compiled() -> Vec<String> {
    let all = files(&["rs", "proto", "toml"]);
    let places = ["examples/", "tests/documents/", "tests/flyte-core/"];
    let in_place = |file: &&String| places.iter().any(|place| file.starts_with(place)) || file.contains("/examples/");
    let is_root = |file: &str| {
        let name = file.rsplit('/').next().unwrap();
        let folders = ["/bin/", "/tests/", "/examples/"];
        ["main.rs", "lib.rs", "build.rs", "mod.rs"].contains(&name)
            || folders.iter().any(|folder| file.contains(folder))
            || !file.ends_with(".rs")
    };
    let candidates: Vec<_> = all.iter().filter(in_place).collect();
    let named: BTreeSet<_> = candidates.iter().flat_map(|file| modules(file)).collect();
    candidates.into_iter().filter(|file| is_root(file) || named.contains(*file)).cloned().collect()
}

/// The files that the `mod` items of a file may mean.
fn modules(file: &str) -> Vec<String> {
    let (folder, name) = file.rsplit_once('/').unwrap();
    let below = match name {
        "main.rs" | "lib.rs" | "mod.rs" => folder.to_owned(),
        _ => file.trim_end_matches(".rs").to_owned(),
    };
    let text = if file.ends_with(".rs") { read(file) } else { String::new() };
    let items = text.lines().filter_map(|line| line.trim().trim_start_matches("pub ").strip_prefix("mod "));
    items.filter_map(|item| item.strip_suffix(';')).map(|module| format!("{below}/{module}.rs")).collect()
}

fn is_compiled(block: &Block, compiled: &[String]) -> bool {
    let ending = match block.language.as_str() {
        "rust" => ".rs",
        "proto" | "protobuf" => ".proto",
        "toml" => "Cargo.toml",
        _ => return false,
    };
    let lines = dedent(&block.text);
    compiled.iter().filter(|file| file.ends_with(ending)).map(|file| read(file)).any(|source| match ending {
        "Cargo.toml" => has_dependencies(&source, &block.text),
        _ => stands_in(&lines, &source),
    })
}

fn is_listed(block: &Block) -> bool {
    let matches = |page: &str, language: &str, begins: &str| {
        (page.is_empty() || page == block.page)
            && (language.is_empty() || language == block.language)
            && block.text.trim_start().starts_with(begins)
    };
    HELD_ELSEWHERE.iter().any(|(page, language, begins, _)| matches(page, language, begins))
        || NOT_RUN.iter().any(|(page, begins, _)| matches(page, "", begins))
}

#[test]
fn every_block_is_compiled_or_run() {
    let compiled = compiled();
    let blocks = blocks();
    let rust = blocks.iter().filter(|block| block.language == "rust").count();
    assert!(rust > 10, "only {rust} blocks of Rust were found");
    let not_held = blocks.iter().filter(|block| !is_compiled(block, &compiled) && !is_listed(block));
    let places: Vec<_> = not_held.map(|block| format!("{}:{} ({})", block.page, block.line, block.language)).collect();
    assert!(
        places.is_empty(),
        "these blocks stand in no example as they are printed, and in no list of tests/tests/house/blocks.rs:\n{}",
        places.join("\n")
    );
}

#[test]
fn the_lists_name_nothing_that_is_not_there() {
    let blocks = blocks();
    let listed = |page: &str, begins: &str| {
        blocks
            .iter()
            .any(|block| (page.is_empty() || block.page == page) && block.text.trim_start().starts_with(begins))
    };
    for (page, language, begins, by) in HELD_ELSEWHERE {
        assert!(listed(page, begins), "{page} has no {language} that begins with `{begins}`");
        let mut parts = by.split("::");
        let (area, file) = (parts.next().unwrap(), parts.next());
        let path = file.map_or(area.to_owned(), |file| format!("tests/tests/{area}/{file}.rs"));
        assert!(workspace().join(&path).exists(), "there is no {path}");
        assert!(parts.next().is_none_or(|test| read(&path).contains(&format!("fn {test}("))), "there is no {by}");
    }
    for (page, begins, reason) in NOT_RUN {
        assert!(listed(page, begins), "{page} has no block that begins with `{begins}` ({reason})");
    }
}

#[test]
fn a_block_that_no_example_has_is_found() {
    let source = "mod a {\n    fn f() {\n        one();\n\n        two();\n    }\n}\n";
    assert!(stands_in(&dedent("one();\n\ntwo();\n"), source));
    assert!(stands_in(&dedent("    fn f() {\n        one();\n"), source));
    assert!(!stands_in(&dedent("one();\ntwo();\n"), source));
    assert!(!stands_in(&dedent("one();\n\nthree();\n"), source));
}
