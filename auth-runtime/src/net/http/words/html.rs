//! The text of a page. No more of HTML than that takes.

use crate::limits;

/// The title, and what a browser would show, on one line.
pub(super) fn words(page: &str) -> String {
    let page = beginning(page);
    let title = title(page).unwrap_or_default();
    let text = one_line(&decoded(&without_tags(&without(page, &["head", "script", "style"]))));
    match (title.is_empty(), text.contains(&title)) {
        (_, true) => text,
        (_, false) if text.is_empty() => title,
        (_, false) => format!("{title}: {text}"),
    }
}

pub(super) fn title(page: &str) -> Option<String> {
    let page = beginning(page);
    let (begin, _) = element(page, "title", 0)?;
    let content = page[begin..].find('>')? + begin + 1;
    let end = find(page, "</title", content).unwrap_or(page.len());
    Some(one_line(&decoded(&page[content..end])))
}

fn beginning(page: &str) -> &str {
    let longest = page.len().min(limits::MAX_ERROR_PAGE_BYTES);
    let end = (0..=longest).rev().find(|end| page.is_char_boundary(*end)).unwrap_or_default();
    &page[..end]
}

/// The page without these elements and all that is in them.
fn without(page: &str, names: &[&str]) -> String {
    let mut left = page.to_owned();
    for name in names {
        while let Some((begin, end)) = element(&left, name, 0) {
            left.replace_range(begin..end, " ");
        }
    }
    left
}

/// Where an element begins and ends, its tags included. One that does not end goes on to the page's end.
fn element(page: &str, name: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let begin = find(page, &format!("<{name}"), from)?;
        let behind = begin + 1 + name.len();
        // Not `<header>` for `<head>`.
        if page[behind..].starts_with(|next: char| next == '>' || next == '/' || next.is_ascii_whitespace()) {
            let close = find(page, &format!("</{name}"), behind);
            let end = close.and_then(|close| page[close..].find('>').map(|end| close + end + 1));
            return Some((begin, end.unwrap_or(page.len())));
        }
        from = behind;
    }
}

/// In any case of the letters, which are ASCII.
fn find(page: &str, what: &str, from: usize) -> Option<usize> {
    let (bytes, what) = (page.as_bytes().get(from..)?, what.as_bytes());
    bytes.windows(what.len()).position(|window| window.eq_ignore_ascii_case(what)).map(|at| from + at)
}

fn without_tags(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(begin) = rest.find('<') {
        text.push_str(&rest[..begin]);
        text.push(' ');
        rest = rest[begin..].find('>').map_or("", |end| &rest[begin + end + 1..]);
    }
    text.push_str(rest);
    text
}

/// The references that pages use: what they stand for may be part of a secret.
fn decoded(text: &str) -> String {
    const REFERENCES: [(&str, &str); 8] = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    REFERENCES.iter().fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pages_text_is_its_title_and_what_a_browser_would_show() {
        let rows = [
            (
                "<html><head><TITLE> 403\nForbidden</TITLE></head><body><h1>No</h1><p>entry</body>",
                "403 Forbidden: No entry",
            ),
            ("<title>Error</title><body>Error 5 &amp; no &lt;more&gt;</body>", "Error Error 5 & no <more>"),
            ("<head><title>a</title><style>b</style></head><header>c</header><script>d</script>e", "a: c e"),
            ("<script>never ends", ""),
            ("<p>a<b", "a"),
            ("plain", "plain"),
            ("<title>only", "only"),
            ("", ""),
        ];
        for (page, expected) in rows {
            assert_eq!(words(page), expected, "{page}");
        }
    }
}
