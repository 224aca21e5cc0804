//! The pages that people read, and the blocks of code in them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::modules::workspace;

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// From the root of the workspace.
    pub(crate) page: String,
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// The fenced blocks of a page, and what stands outside of them, with empty lines for the blocks.
pub(crate) fn split(page: &str, text: &str) -> (Vec<Block>, String) {
    let (mut blocks, mut outside) = (Vec::new(), String::new());
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, open.take()) {
            (Some(language), None) => {
                let language = language.trim().to_owned();
                open = Some(Block { page: page.to_owned(), line: index + 1, language, text: String::new() });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => outside.push_str(line),
        }
        outside.push('\n');
    }
    assert!(open.is_none(), "{page}: a block is not closed");
    (blocks, outside)
}

/// README, the pages of `docs/`, and the READMEs of the crates.
pub(crate) fn pages() -> Vec<String> {
    let is_page = |path: &String| !path.contains('/') || path.starts_with("docs/") || path.ends_with("/README.md");
    files(&["md"]).into_iter().filter(is_page).collect()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

pub(crate) fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| split(page, &read(page)).0).collect()
}

/// Where nothing is that belongs to the repository.
fn is_foreign(name: &str) -> bool {
    ["target", "node_modules", ".git"].contains(&name)
}

/// All files with these endings, from the root of the workspace.
pub(crate) fn files(endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(workspace().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if entry.file_type().unwrap().is_dir() {
                if !is_foreign(name) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                found.push(slashes(&path));
            }
        }
    }
    found.sort();
    found
}

fn slashes(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[test]
fn blocks_are_taken_out_of_a_page() {
    let (blocks, outside) = split("a.md", "one\n```rust\nfn f() {}\n```\n- two\n  ```\n  x\n  ```\n");
    let block = |line, language: &str, text: &str| Block {
        page: "a.md".into(),
        line,
        language: language.into(),
        text: text.into(),
    };
    assert_eq!(blocks, [block(2, "rust", "fn f() {}\n"), block(6, "", "  x\n")]);
    assert_eq!(outside, "one\n\n\n\n- two\n\n\n\n");
}

#[test]
fn the_pages_are_found() {
    let pages = pages();
    for page in ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/configuration.md"] {
        assert!(pages.iter().any(|found| found == page), "{page} is not among {pages:?}");
    }
}
