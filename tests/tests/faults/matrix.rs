//! `docs/faults.md` and `SECURITY.md` name a test for each thing that they promise, and hostile servers: all are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The rows of all tables that have a column of this name, and that column's cell.
fn rows(page: &str, column: &str) -> Vec<(String, String)> {
    let mut place = None;
    let mut found = Vec::new();
    for line in page.lines() {
        let cells: Vec<_> = match line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
            Some(cells) => cells.split('|').map(str::trim).collect(),
            None => {
                place = None;
                continue;
            }
        };
        match place {
            None => place = cells.iter().position(|cell| *cell == column),
            Some(_) if cells[0].starts_with("---") => {}
            Some(place) => found.push((cells[0].to_owned(), cells[place].to_owned())),
        }
    }
    found
}

/// What stands between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether the file has this function, marked as a test.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| {
        let is_test = pair[0].starts_with("#[test]") || pair[0].starts_with("#[tokio::test");
        is_test && (pair[1].starts_with(&format!("fn {name}(")) || pair[1].starts_with(&format!("async fn {name}(")))
    })
}

/// What is wrong with the tests that a page names.
fn complaints(page: &str) -> Vec<String> {
    let mut sources = HashMap::new();
    let mut complaints = Vec::new();
    for (row, cell) in rows(page, "held by") {
        if names(&cell).next().is_none() {
            complaints.push(format!("`{row}` names no test"));
        }
        for reference in names(&cell) {
            let Some((file, name)) = reference.rsplit_once("::") else {
                complaints.push(format!("`{row}`: `{reference}` is not `area::file::test`"));
                continue;
            };
            let is_path = file.contains('/');
            let file = if is_path { file.to_owned() } else { format!("tests/tests/{}.rs", file.replace("::", "/")) };
            let source = sources.entry(file.clone()).or_insert_with(|| fs::read_to_string(workspace().join(&file)));
            match source {
                Ok(source) if has_test(source, name) => {}
                Ok(_) => complaints.push(format!("`{row}`: {file} has no test `{name}`")),
                Err(error) => complaints.push(format!("`{row}`: {file}: {error}")),
            }
        }
    }
    complaints
}

fn page(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap()
}

#[test]
fn each_fault_names_tests_that_are_there() {
    let page = page("docs/faults.md");
    assert!(rows(&page, "held by").len() > 80);
    assert_eq!(complaints(&page), [] as [String; 0]);
}

#[test]
fn each_promise_names_tests_that_are_there() {
    let page = page("SECURITY.md");
    assert!(rows(&page, "held by").len() > 15);
    assert_eq!(complaints(&page), [] as [String; 0]);
}

/// The hostile servers that are tried, and whether `SECURITY.md` promises that they get nothing.
fn attacks() -> HashMap<String, bool> {
    let source = page("tests/hostile/attacks.py");
    let attack = |text: &str| {
        let name = text.split('"').nth(1).unwrap().to_owned();
        (name, !text.contains("defended=False"))
    };
    source.split("    Attack(\n").skip(1).map(attack).collect()
}

#[test]
fn each_hostile_server_is_in_the_row_of_its_promise() {
    let page = page("SECURITY.md");
    let (attacks, rows) = (attacks(), rows(&page, "hostile server"));
    assert!(attacks.len() > 20);
    let promised: Vec<_> = rows.iter().flat_map(|(_, cell)| names(cell)).collect();
    for (name, defended) in &attacks {
        assert_eq!(promised.contains(&name.as_str()), *defended, "{name}");
        assert!(page.contains(&format!("`{name}`")), "{name} is not told of");
    }
    for name in promised {
        assert!(attacks.contains_key(name), "there is no hostile server {name}");
    }
}

#[test]
fn each_file_with_tests_is_part_of_a_program() {
    let mut checked = 0;
    for area in fs::read_dir(workspace().join("tests/tests")).unwrap() {
        let area = area.unwrap().path();
        let main = fs::read_to_string(area.join("main.rs")).unwrap();
        for file in fs::read_dir(&area).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap();
            if file.extension().is_some_and(|extension| extension == "rs") && name != "main" {
                assert!(main.contains(&format!("mod {name};\n")), "{} is no module of main.rs", file.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 60);
}

#[test]
fn a_row_without_a_test_a_missing_file_and_a_missing_test_are_found() {
    let page = "| fault | held by |\n|---|---|\n| one | |\n| two | `nowhere::test` |\n| three | `faults::matrix::test` |\n\
                | four | `matrix` |\n| five | `faults::matrix::each_fault_names_tests_that_are_there` |\n";
    let found = complaints(page);
    assert_eq!(found.len(), 4, "{found:?}");
    for (found, row) in found.iter().zip(["one", "two", "three", "four"]) {
        assert!(found.contains(row), "{found}");
    }
}
