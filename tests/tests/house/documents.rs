//! What documents for engineers name is there: files, tests, and each next step on the way of a call.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

use crate::modules::workspace;

/// What stands between backticks outside of blocks of code.
fn code(page: &str) -> Vec<&str> {
    let outside = page.split("```").step_by(2);
    outside.flat_map(|text| text.lines()).flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// Whether this is meant as the path of a file or a folder.
fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|character| character.is_ascii_alphanumeric() || "/._-".contains(character));
    let ends = [".rs", ".md", ".toml", ".txt", "/"].iter().any(|end| text.ends_with(end));
    plain && ends && !text.starts_with('/')
}

/// In the runtime's sources, where most of what is told of is.
const SHORT: &str = "auth-runtime/src";

fn find(there: &dyn Fn(&str) -> Option<String>, path: &str) -> Option<String> {
    there(path).or_else(|| there(&format!("{SHORT}/{path}")))
}

/// The text of a file; none for a folder.
fn in_workspace(path: &str) -> Option<String> {
    let path = workspace().join(path);
    match path.is_dir() {
        true => Some(String::new()),
        false => fs::read_to_string(path).ok(),
    }
}

fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| {
        let is_test = pair[0].starts_with("#[test]") || pair[0].starts_with("#[tokio::test");
        is_test && (pair[1].starts_with(&format!("fn {name}(")) || pair[1].starts_with(&format!("async fn {name}(")))
    })
}

/// The file and the name of a test, if that is what the text is.
fn as_test(text: &str) -> Option<(String, &str)> {
    let (file, name) = text.rsplit_once("::")?;
    match file.split_once("::") {
        Some((area, file)) if name.contains('_') => {
            Some((format!("tests/tests/{area}/{}.rs", file.replace("::", "/")), name))
        }
        None if file.ends_with(".rs") => Some((file.to_owned(), name)),
        _ => None,
    }
}

/// Whether the source defines something of this name.
fn defines(source: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    ["fn ", "struct ", "enum ", "trait ", "mod "].iter().any(|keyword| {
        let defined = format!("{keyword}{name}");
        source.match_indices(&defined).any(|(at, _)| ends(&source[at + defined.len()..]))
    })
}

/// The cells of the table that has these columns.
fn table<'a>(page: &'a str, columns: &str) -> Vec<Vec<&'a str>> {
    let rows = page.lines().skip_while(|line| *line != columns).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What a page names and what is not there.
fn missing(page: &str, there: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut missing = Vec::new();
    for named in code(page) {
        if let Some((file, test)) = as_test(named) {
            match there(&file) {
                Some(source) if has_test(&source, test) => {}
                Some(_) => missing.push(format!("{file} has no test `{test}`")),
                None => missing.push(format!("there is no {file}, of `{named}`")),
            }
        } else if is_path(named) && find(there, named).is_none() {
            missing.push(format!("there is no `{named}`"));
        }
    }
    let participants = page.lines().filter_map(|line| line.trim().strip_prefix("participant ")?.split_once(" as "));
    let files = participants.map(|(_, name)| name).filter(|name| is_path(name));
    missing.extend(files.filter(|file| find(there, file).is_none()).map(|file| format!("there is no `{file}`")));
    missing
}

const WAY: &str = "| file | read | which leads on to |";

/// Where the way through the files of a table breaks off.
fn gaps(page: &str, there: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let rows = table(page, WAY);
    let sources: Vec<_> = rows.iter().map(|row| find(there, code(row[0])[0]).unwrap_or_default()).collect();
    let mut gaps = Vec::new();
    for (row, source) in rows.iter().zip(&sources) {
        for name in code(row[1]).iter().filter(|name| !defines(source, name)) {
            gaps.push(format!("{} has no `{name}`", row[0]));
        }
        for name in code(row[2]) {
            if !source.contains(name) {
                gaps.push(format!("{} does not name `{name}`", row[0]));
            }
            let is_file = |row: &Vec<&str>| row[0].ends_with(&format!("/{name}.rs`"));
            if !sources.iter().any(|source| defines(source, name)) && !rows.iter().any(is_file) {
                gaps.push(format!("no file of the way has `{name}`"));
            }
        }
    }
    gaps
}

fn page(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap()
}

#[test]
fn what_the_architecture_names_is_there() {
    let page = page("ARCHITECTURE.md");
    let named = code(&page);
    assert!(named.iter().filter(|text| as_test(text).is_some()).count() > 25);
    assert!(named.iter().filter(|text| is_path(text)).count() > 60);
    assert_eq!(missing(&page, &in_workspace), [] as [String; 0]);
}

#[test]
fn what_the_guide_for_contributors_names_is_there() {
    let page = page("CONTRIBUTING.md");
    assert!(code(&page).iter().filter(|text| is_path(text)).count() > 20);
    assert_eq!(missing(&page, &in_workspace), [] as [String; 0]);
}

#[test]
fn what_the_page_on_coverage_names_is_there() {
    let page = page("docs/coverage.md");
    assert!(code(&page).iter().filter(|text| is_path(text)).count() > 10);
    assert_eq!(missing(&page, &in_workspace), [] as [String; 0]);
}

#[test]
fn the_steps_of_ci_that_documents_name_are_there() {
    let list = fs::read_to_string(workspace().join(".ci/run")).unwrap();
    let is_step = |name: &str| list.contains(&format!("    '{name}|"));
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let page = page(document);
        for steps in page.split(".ci/run ").skip(1) {
            let words = steps.split(|end: char| "`\n#".contains(end)).next().unwrap().split_whitespace();
            for step in words.filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')) {
                assert!(is_step(step) || step == "--list", "{document}: CI has no step `{step}`");
            }
        }
    }
    assert!(is_step("tests") && !is_step("test"));
}

#[test]
fn a_rejected_call_goes_through_nine_files_at_most_and_each_leads_to_the_next() {
    let page = page("ARCHITECTURE.md");
    let files = table(&page, WAY).len();
    assert!((6..=9).contains(&files), "{files} files");
    assert_eq!(gaps(&page, &in_workspace), [] as [String; 0]);
}

#[test]
fn what_is_not_there_is_found() {
    let there = |path: &str| match path {
        "auth-runtime/src/a.rs" | "tests/tests/area/file.rs" => Some("#[test]\nfn it_holds() {}".to_owned()),
        _ => None,
    };
    let page = "`a.rs` `b.rs` `Type::name` `area::file::it_holds` `area::file::it_does_not`\n\
                ```\nparticipant A as a.rs\nparticipant C as c/d.rs\n`e.rs`\n```\n`none::file::it_holds`";
    let expected = [
        "there is no `b.rs`",
        "tests/tests/area/file.rs has no test `it_does_not`",
        "there is no tests/tests/none/file.rs, of `none::file::it_holds`",
        "there is no `c/d.rs`",
    ];
    assert_eq!(missing(page, &there), expected);
}

#[test]
fn a_way_that_breaks_off_is_found() {
    let there = |path: &str| match Path::new(path).file_name()?.to_str()? {
        "a.rs" => Some("fn begin() { next(); lost(); classify::head() }".to_owned()),
        "b.rs" => Some("fn next_one() {} fn next() {}".to_owned()),
        _ => Some(String::new()),
    };
    let page = format!(
        "{WAY}\n|---|---|---|\n| `a.rs` | `begin` | `next` `lost` `unnamed` `classify` |\n| `b.rs` | `next`, `gone` | |\n\
         | `x/classify.rs` | | |\n"
    );
    let expected = [
        "no file of the way has `lost`",
        "`a.rs` does not name `unnamed`",
        "no file of the way has `unnamed`",
        "`b.rs` has no `gone`",
    ];
    assert_eq!(gaps(&page, &there), expected);
}
