//! Words of others, as they can be shown: a terminal obeys some characters instead of showing them.

/// The words with a blank for each character that would be obeyed, and cut where they become too many.
pub(crate) fn plain_text(words: &str) -> String {
    const MOST: usize = 600;
    let mut text: String =
        words.chars().take(MOST).map(|character| if is_obeyed(character) { ' ' } else { character }).collect();
    if words.chars().nth(MOST).is_some() {
        text.push('…');
    }
    text
}

/// Control characters, and the marks that turn the direction of writing.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn what_a_terminal_obeys_becomes_a_blank() {
        assert_eq!(plain_text("a\u{1b}[2Jb\nc\u{202e}d"), "a [2Jb c d");
    }

    #[test]
    fn much_becomes_less() {
        assert_eq!(plain_text(&"a".repeat(601)), format!("{}…", "a".repeat(600)));
    }
}
