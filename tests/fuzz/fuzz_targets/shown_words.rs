//! What a server and a provider may say in a login, as a person is shown it on the terminal and in the browser: one word for
//! each line of the input.
#![no_main]

use auth_runtime::fuzzing::{SHOWN_WORDS, Screen, screen};
use fuzz::secret::assert_plain;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut words = [""; SHOWN_WORDS];
    // A word may have line breaks of its own: those of the input are another character.
    for (word, part) in words.iter_mut().zip(text.split('\u{1e}')) {
        *word = part;
    }
    let shown = |words| screen(words).expect("all that is shown");
    // All differ, so that each change that can be told of is.
    let usual: [String; SHOWN_WORDS] = std::array::from_fn(|number| format!("word{number}"));
    let harmless = shown(usual.each_ref().map(String::as_str));
    let Screen { terminal, page } = shown(words);
    for (shown, usual) in terminal.iter().zip(&harmless.terminal) {
        // Nothing but its own line breaks, and not more than a screen.
        shown.split('\n').for_each(assert_plain);
        assert!(shown.lines().count() <= usual.lines().count(), "a line more: {shown:?}");
        assert!(shown.chars().count() < 12_000, "{} characters", shown.chars().count());
    }
    for mark in ['<', '>'] {
        assert!(page.matches(mark).count() <= harmless.page.matches(mark).count(), "markup: {page}");
    }
    assert!(page.chars().count() < harmless.page.chars().count() + 2_000);
});
