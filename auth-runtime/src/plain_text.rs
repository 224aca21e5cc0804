//! Words of others, as they can be shown: a server, a provider or a file may say anything, and a terminal, a log or a page
//! obeys some of it.

use std::{borrow::Cow, fmt};

/// The words with a blank for each character that would be obeyed instead of shown.
pub(crate) fn plain_text(words: &str) -> Cow<'_, str> {
    match words.contains(is_obeyed) {
        true => Cow::Owned(words.replace(is_obeyed, " ")),
        false => Cow::Borrowed(words),
    }
}

/// The same, cut to this many characters.
#[cfg(feature = "oauth")]
pub(crate) fn brief(words: &str, most: usize) -> String {
    let mut brief: String = plain_text(words).chars().take(most).collect();
    if words.chars().nth(most).is_some() {
        brief.push('…');
    }
    brief
}

/// Whether a terminal, a log or a page does something else with the character than show it: control characters, among
/// them the ones that end a line, the marks that turn the direction of writing (Unicode Standard Annex 9), and those that
/// nobody sees, by which one name looks like another. The joiners stay that some languages and signs are written with.
pub(crate) fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Writes to another as [`plain_text`].
pub(crate) struct PlainText<W>(pub(crate) W);

impl<W: fmt::Write> fmt::Write for PlainText<W> {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        self.0.write_str(&plain_text(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_becomes_a_blank_and_the_rest_stays() {
        let obeyed = "\0\n\r\t\u{7}\u{8}\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\
                      \u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\
                      \u{ad}\u{34f}\u{115f}\u{1160}\u{180e}\u{200b}\u{2060}\u{2064}\u{206f}\u{3164}\u{ffa0}\u{fff9}\
                      \u{fffb}\u{1d173}\u{e0001}\u{e0020}\u{e007f}";
        for character in obeyed.chars() {
            assert_eq!(plain_text(&format!("a{character}b")), "a b", "{character:?}");
        }
        for shown in ["", "plain", "Ä, 漢字, שלום, 👩‍🚀", "می\u{200c}خواهم", "क\u{94d}\u{200d}ष", "<script> & \\x1b `~"]
        {
            assert_eq!(plain_text(shown), shown);
        }
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn what_is_too_long_is_cut_between_two_characters() {
        for (words, shown) in [("", ""), ("a\u{1b}b", "a b"), ("äöü", "äöü"), ("äöüß", "äöü…"), ("a\nbcd", "a b…")]
        {
            assert_eq!(brief(words, 3), shown, "{words:?}");
        }
    }
}
