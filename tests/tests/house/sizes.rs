//! One idea a file, which can be read in one go.
#![allow(clippy::print_stdout, reason = "the numbers are what people run this for")]

use std::path::PathBuf;

use crate::modules::{CRATES, Crate};

const MEDIAN: usize = 150;
const NINE_IN_TEN: usize = 300;
const LONGEST: usize = 450;

#[test]
fn files_are_short() {
    let mut files: Vec<(usize, PathBuf)> = Vec::new();
    for root in CRATES {
        files.extend(Crate::read(root).lines.into_iter().map(|(file, lines)| (lines, file)));
    }
    files.sort();
    let at = |share: usize| files[(files.len() - 1) * share / 100].0;
    let longest = &files[files.len() - 1];
    println!(
        "{} files: median {} lines, nine in ten at most {}, the longest {} ({})",
        files.len(),
        at(50),
        at(90),
        longest.0,
        longest.1.display()
    );
    assert!(files.len() > 200, "{} files are too few to be all", files.len());
    for (lines, file) in &files {
        assert!(*lines <= LONGEST, "{} has {lines} lines, and {LONGEST} are the most", file.display());
    }
    assert!(at(50) <= MEDIAN, "half of the files have more than {} lines", at(50));
    assert!(at(90) <= NINE_IN_TEN, "one file in ten has more than {} lines", at(90));
}
