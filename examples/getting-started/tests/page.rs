//! What docs/getting-started.md says that this prints.

use std::process::Command;

#[test]
fn the_page_shows_what_is_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_getting-started")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let page = include_str!("../../../docs/getting-started.md");
    assert!(output.status.success());
    assert!(page.contains(&format!("```text\n{printed}```")), "not in the page:\n{printed}");
}
