//! `docs/errors.md`: what it shows of each message.

/// A message of a table's first column. `<words>` stand for anything, and what is between `[` and `]` is not always there.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its section's heading.
    pub section: String,
    /// As the page shows it.
    pub shown: String,
}

const PAGE: &str = include_str!("../../docs/errors.md");

/// The page's messages.
pub fn rows() -> Vec<Row> {
    let (mut section, mut rows) = (String::new(), Vec::new());
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.to_owned();
        }
        if let Some((shown, _)) = line.strip_prefix("| `").and_then(|line| line.split_once("` |")) {
            rows.push(Row { section: section.clone(), shown: shown.to_owned() });
        }
    }
    rows
}

/// The messages of one section.
pub fn rows_of(section: &str) -> Vec<Row> {
    rows().into_iter().filter(|row| row.section == section).collect()
}

/// All that the page has between backticks, tables and text alike.
pub fn quoted() -> Vec<String> {
    PAGE.split('`').skip(1).step_by(2).map(|quoted| quoted.replace('\n', " ")).collect()
}

impl Row {
    /// The message in each of its forms, cut where it differs from case to case.
    pub fn forms(&self) -> Vec<Vec<String>> {
        forms(&self.shown).iter().map(|form| cut(form)).collect()
    }

    /// Whether a message is this one.
    pub fn shows(&self, message: &str) -> bool {
        let message = plain(message);
        self.forms().iter().any(|parts| fits(&message, parts))
    }
}

/// A text without the backticks in it, which the page cannot show.
pub fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn forms(shown: &str) -> Vec<String> {
    let Some((before, rest)) = shown.split_once('[') else { return vec![shown.to_owned()] };
    let Some((optional, after)) = rest.split_once(']') else { return vec![shown.to_owned()] };
    let after = forms(after);
    let with = after.iter().map(|after| format!("{before}{optional}{after}"));
    with.chain(after.iter().map(|after| format!("{before}{after}"))).collect()
}

fn cut(form: &str) -> Vec<String> {
    let mut parts = form.split('<');
    let mut cut = vec![parts.next().unwrap_or_default().to_owned()];
    cut.extend(parts.map(|part| part.split_once('>').map_or(part, |(_, rest)| rest).to_owned()));
    cut
}

fn fits(message: &str, parts: &[String]) -> bool {
    let [first, between @ .., last] = parts else { return parts.first().is_some_and(|only| only == message) };
    let Some(mut rest) = message.strip_prefix(first.as_str()) else { return false };
    for part in between {
        match rest.split_once(part.as_str()) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_reads_otherwise_is_not_taken_for_one_of_the_page() {
        let row = |shown: &str| Row { section: String::new(), shown: shown.to_owned() };
        let unknown = row("the name <host> of <server> is unknown[, says <who>]");
        assert!(unknown.shows("the name `a` of b is unknown"));
        assert!(unknown.shows("the name `a` of b is unknown, says c"));
        assert!(!unknown.shows("the name `a` of b is unknown here"));
        assert!(!unknown.shows("a name `a` of b is unknown"));
        assert!(row("nothing").shows("nothing") && !row("nothing").shows("something"));
    }
}
