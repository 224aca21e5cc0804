//! Every link from one page of this repository to another leads somewhere, and to a heading that is there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Component, Path, PathBuf};

use crate::{
    modules::workspace,
    pages::{files, read, split},
};

/// Text without what stands between backticks.
fn without_code(text: &str) -> String {
    text.lines().map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

/// Where the links and pictures of a page lead.
fn targets(page: &str) -> Vec<String> {
    let text = without_code(&split("", page).1);
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next());
    let definitions = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split("]: ").nth(1));
    inline.chain(definitions).map(str::to_owned).collect()
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> Vec<String> {
    let outside = split("", page).1;
    let headings = outside.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let mut anchors: Vec<String> = Vec::new();
    for heading in headings {
        let kept = heading.to_lowercase().replace(' ', "-");
        let anchor: String = kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect();
        let before = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(if before == 0 { anchor } else { format!("{anchor}-{before}") });
    }
    anchors
}

/// Without `..`, and `None` outside of the repository.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !normal.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            part => normal.push(part),
        }
    }
    Some(normal)
}

/// What is wrong with a link on this page.
fn fault(page: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let path = match path {
        "" => PathBuf::from(page),
        path => match normal(&Path::new(page).parent().unwrap().join(path)) {
            Some(path) => path,
            None => return Some("leads out of the repository".into()),
        },
    };
    if !workspace().join(&path).exists() {
        return Some(format!("there is no {}", path.display()));
    }
    let anchor = anchor.filter(|_| path.extension().is_some_and(|ending| ending == "md"))?;
    let text = read(path.to_str().unwrap());
    (!anchors(&text).iter().any(|there| there == anchor))
        .then(|| format!("{} has no heading #{anchor}", path.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let (mut count, mut broken) = (0, Vec::new());
    for page in files(&["md"]) {
        for target in targets(&read(&page)) {
            count += 1;
            broken.extend(fault(&page, &target).map(|fault| format!("{page}: {target}: {fault}")));
        }
    }
    assert!(count > 50, "only {count} links were found");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Who reads a crate's page in a registry has only that crate.
#[test]
fn what_a_crate_shows_of_itself_links_to_nothing_beside_it() {
    let mut broken = Vec::new();
    for crate_ in ["auth-macros", "auth-runtime", "build-support"] {
        for file in files(&["md", "rs"]).iter().filter(|file| file.starts_with(&format!("{crate_}/"))) {
            let documentation = |line: &&str| file.ends_with(".md") || line.trim_start().starts_with("//");
            let text = read(file);
            let lines =
                text.lines().filter(documentation).filter(|line| line.contains("](../") || line.contains("]: ../"));
            broken.extend(lines.map(|line| format!("{file}: {}", line.trim())));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_index() {
    let index = targets(&read("docs/README.md"));
    let pages = files(&["md"]).into_iter().filter_map(|page| page.strip_prefix("docs/").map(str::to_owned));
    let missing: Vec<_> = pages.filter(|page| page != "README.md" && !index.contains(page)).collect();
    assert!(missing.is_empty(), "docs/README.md does not lead to {missing:?}");
}

#[test]
fn links_and_headings_are_read() {
    let page = "# A `b`: c\n[x](one.md#a) `[no](none.md)` ![y](p.png)\n```\n[no](none.md)\n# no\n```\n[z]: two.md\n# A `b`: c\n";
    assert_eq!(targets(page), ["one.md#a", "p.png", "two.md"]);
    assert_eq!(anchors(page), ["a-b-c", "a-b-c-1"]);
}

#[test]
fn a_broken_link_is_found() {
    assert_eq!(fault("docs/speed.md", "none.md").unwrap(), "there is no docs/none.md");
    assert_eq!(fault("docs/speed.md", "../README.md#none").unwrap(), "README.md has no heading #none");
    assert_eq!(fault("README.md", "../x").unwrap(), "leads out of the repository");
    assert_eq!(fault("README.md", "docs/speed.md#speed"), None);
}
