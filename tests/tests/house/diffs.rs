//! A diff on a page is the difference of two files that are compiled, and as long as the page says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use crate::pages::{blocks, read};

#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    added: usize,
    removed: usize,
}

/// Takes the diff's lines through the old file: what the new one must be.
fn apply(old: &str, hunks: &str) -> Result<(String, Change), String> {
    let old: Vec<_> = old.lines().collect();
    let (mut new, mut at, mut change) = (Vec::new(), 0, Change::default());
    for line in hunks.lines() {
        if let Some(position) = line.strip_prefix("@@ -") {
            let begin: usize = position.split([',', ' ']).next().unwrap().parse().map_err(|_| line.to_owned())?;
            new.extend(old.get(at..begin - 1).ok_or_else(|| line.to_owned())?);
            at = begin - 1;
            continue;
        }
        let (kind, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
        if kind != "+" {
            if old.get(at) != Some(&rest) {
                return Err(format!("the old file has {:?} where the diff has {rest:?}", old.get(at)));
            }
            at += 1;
        }
        match kind {
            "+" => {
                new.push(rest);
                change.added += 1;
            }
            "-" => change.removed += 1,
            " " => new.push(rest),
            _ => return Err(format!("neither kept, added nor removed: {line}")),
        }
    }
    new.extend(&old[at..]);
    Ok((new.iter().map(|line| format!("{line}\n")).collect(), change))
}

#[test]
fn the_diffs_are_those_of_the_files() {
    let mut count = 0;
    for block in blocks().iter().filter(|block| block.language == "diff") {
        let place = format!("{}:{}", block.page, block.line);
        let mut parts = block.text.splitn(3, '\n');
        let old =
            parts.next().and_then(|line| line.strip_prefix("--- ")).unwrap_or_else(|| panic!("{place}: no old file"));
        let new =
            parts.next().and_then(|line| line.strip_prefix("+++ ")).unwrap_or_else(|| panic!("{place}: no new file"));
        let (result, change) =
            apply(&read(old), parts.next().unwrap()).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert!(result == read(new), "{place}: this does not make {new} of {old}");
        let length = format!("({} lines added, {} removed)", change.added, change.removed);
        let before: String = read(&block.page).lines().take(block.line - 1).collect::<Vec<_>>().join("\n");
        assert!(
            before.trim_end().ends_with(&format!("{length}:")),
            "{place}: the line before it has to end with {length}:"
        );
        count += 1;
    }
    assert!(count > 3, "only {count} diffs were found");
}

#[test]
fn a_diff_that_is_not_right_is_found() {
    let old = "a\nb\nc\nd\n";
    assert_eq!(
        apply(old, "@@ -2,2 +2,2 @@\n-b\n+x\n c\n"),
        Ok(("a\nx\nc\nd\n".into(), Change { added: 1, removed: 1 }))
    );
    assert!(apply(old, "@@ -2,2 +2,2 @@\n-x\n").is_err());
    assert!(apply(old, "@@ -9,1 +9,1 @@\n-x\n").is_err());
    assert!(apply(old, "@@ -1,1 +1,1 @@\nb\n").is_err());
}
