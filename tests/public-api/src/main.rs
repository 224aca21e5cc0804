//! Prints what is public in a crate, one item a line, sorted by path: `public-api FILE`, where rustdoc has described it.

use std::{collections::BTreeSet, env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("the file with rustdoc's output is missing")?;
    // What every type has is left out.
    let api =
        public_api::Builder::from_rustdoc_json(file).omit_blanket_impls(true).omit_auto_trait_impls(true).build()?;
    // An implementation is told of by its type and by its trait.
    let items: BTreeSet<_> = api.items().map(|item| place(item.to_string())).collect();
    for (_, _, item) in items {
        println!("{item}");
    }
    Ok(())
}

/// An item behind what it is sorted by: the path, where an implementation belongs to its type and stands behind it.
fn place(item: String) -> (String, bool, String) {
    let plain = without_generics(&item);
    let is_implementation = plain.starts_with("impl");
    let from = match plain.rsplit_once(" for ") {
        Some((_, of_type)) if is_implementation => of_type,
        _ => &plain,
    };
    let path = from.split([' ', '(']).find(|word| word.contains("::")).unwrap_or(from);
    (path.trim_end_matches(':').to_owned(), is_implementation, item)
}

fn without_generics(item: &str) -> String {
    let (mut depth, mut before) = (0_usize, ' ');
    let mut plain = String::new();
    for character in item.chars() {
        let is_arrow = before == '-';
        before = character;
        match character {
            '<' => depth += 1,
            '>' if !is_arrow => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain
}
