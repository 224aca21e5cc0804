//! What the page of recipes prints are lines of the recipe that it names, and its command runs that recipe.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;

use crate::modules::workspace;

/// Lines of Rust that one reads in one go.
const LONGEST: usize = 100;

fn file(path: &str) -> Option<String> {
    fs::read_to_string(workspace().join(path)).ok()
}

/// The blocks of code of this language.
fn blocks<'a>(section: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = section.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

/// Whether the lines follow one another in the source, all of them further in by the same.
fn is_cut_from(block: &str, source: &str) -> bool {
    let lines: Vec<_> = block.lines().collect();
    let source: Vec<_> = source.lines().collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    source.windows(lines.len()).any(|there| {
        let further = indentation(there[0]).checked_sub(indentation(lines[0]));
        further.is_some_and(|further| {
            there.iter().zip(&lines).all(|(there, line)| match line.is_empty() {
                true => there.is_empty(),
                false => *there == format!("{}{line}", " ".repeat(further)),
            })
        })
    })
}

/// What is wrong with a section.
fn faults(section: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let title = section.lines().next().unwrap_or_default();
    let named = section.split("](../examples/").nth(1).and_then(|rest| rest.split(')').next());
    let Some(name) = named else { return vec![format!("{title}: no recipe is named")] };
    let folder = format!("examples/{name}");
    let Some(source) = read(&format!("{folder}/src/main.rs")) else { return vec![format!("there is no {folder}")] };
    let own_lock = read(&format!("{folder}/Cargo.lock")).is_some();

    let mut faults = Vec::new();
    let cuts = blocks(section, "rust");
    if cuts.is_empty() {
        faults.push(format!("{title}: no line of the recipe is shown"));
    }
    let wrong = cuts.into_iter().filter(|block| !is_cut_from(block, &source));
    faults.extend(wrong.map(|block| format!("{title}: {folder} has no such lines:\n{block}")));
    let command = match own_lock {
        true => format!("cargo run --manifest-path {folder}/Cargo.toml\n"),
        false => format!("cargo run -p {name}\n"),
    };
    if blocks(section, "sh") != [command.as_str()] {
        faults.push(format!("{title}: the command has to be: {command}"));
    }
    if source.lines().count() >= LONGEST {
        faults.push(format!("{title}: {folder} has {LONGEST} lines or more"));
    }
    faults
}

#[test]
fn what_the_page_prints_are_lines_of_its_recipes() {
    let page = file("docs/recipes.md").unwrap();
    let sections: Vec<_> = page.split("\n## ").skip(1).collect();
    assert!(sections.len() >= 10, "only {} recipes were found", sections.len());
    let faults: Vec<_> = sections.iter().flat_map(|section| faults(section, &file)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A recipe that nothing runs would be a text like any other.
#[test]
fn ci_runs_each_recipe() {
    let run = file(".ci/run").unwrap();
    let manifest = file("Cargo.toml").unwrap();
    assert!(manifest.contains("\"examples/*\"") && run.contains("for example in examples/*/; do"));
    assert!(run.contains("for lock in examples/*/Cargo.lock; do"));
    for excluded in manifest.split("exclude = [").nth(1).unwrap().split(']').next().unwrap().split(", ") {
        let folder = excluded.trim_matches('"');
        let has_lock = file(&format!("{folder}/Cargo.lock")).is_some();
        assert!(!folder.starts_with("examples/") || has_lock, "step `recipes` of CI does not see {folder}");
    }
}

#[test]
fn what_differs_is_found() {
    let read = |path: &str| match path {
        "examples/one/src/main.rs" => {
            Some("fn main() {\n    first();\n\n    if second() {\n        third();\n    }\n}\n".to_owned())
        }
        _ => None,
    };
    let section = |lines: &str, command: &str| {
        let text = format!("One\n[one](../examples/one)\n```rust\n{lines}\n```\n```sh\n{command}\n```\n");
        faults(&text, &read).len()
    };
    assert_eq!(section("first();\n\nif second() {\n    third();\n}", "cargo run -p one"), 0);
    assert_eq!(section("    first();", "cargo run -p one"), 0);
    for lines in ["first();\nif second() {", "if second() {\nthird();", "fourth();", "first()"] {
        assert_eq!(section(lines, "cargo run -p one"), 1, "{lines}");
    }
    assert_eq!(section("first();", "cargo run -p two"), 1);
    assert_eq!(faults("None\n[none](../examples/none)", &read), ["there is no examples/none"]);
    assert_eq!(faults("Nothing", &read), ["Nothing: no recipe is named"]);
}
