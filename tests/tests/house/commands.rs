//! What the commands of README and `docs/` name is there: packages, tests, scripts with their switches, steps of CI,
//! variables.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;

use crate::{
    modules::workspace,
    pages::{blocks, files, read},
};

/// Programs of others, whose switches are theirs.
const OF_OTHERS: [&str; 6] = ["cd", "git", "mkdir", "perf", "ssh", "touch"];

/// The words of a line: quotes kept together, no comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (quote, letter) {
            (None, '#') if word.is_empty() => break,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') if word.is_empty() => {}
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

fn package_folder(name: &str) -> Option<String> {
    let line = format!("name = \"{name}\"");
    let manifests = files(&["toml"]).into_iter().filter(|file| file.ends_with("Cargo.toml"));
    let folder = |file: String| file.trim_end_matches("Cargo.toml").trim_end_matches('/').to_owned();
    manifests.filter(|file| read(file).lines().any(|other| other == line)).map(folder).next()
}

/// What follows a switch.
fn after<'a>(words: &'a [String], switches: &[&str]) -> Option<&'a str> {
    let at = words.iter().position(|word| switches.contains(&word.as_str()))?;
    words.get(at + 1).map(String::as_str)
}

fn cargo(words: &[String]) -> Option<String> {
    let own: Vec<_> = words.iter().take_while(|word| *word != "--").cloned().collect();
    if let Some(manifest) = after(&own, &["--manifest-path"]) {
        return (!workspace().join(manifest).is_file()).then(|| format!("there is no {manifest}"));
    }
    let package = after(&own, &["-p", "--package"])?;
    let Some(folder) = package_folder(package) else { return Some(format!("no package is called {package}")) };
    for (switch, place) in
        [("--test", "tests"), ("--bench", "benches"), ("--example", "examples"), ("--bin", "src/bin")]
    {
        let Some(name) = after(&own, &[switch]) else { continue };
        let is_there = [format!("{name}.rs"), format!("{name}/main.rs")]
            .iter()
            .any(|file| workspace().join(&folder).join(place).join(file).is_file());
        if !is_there {
            return Some(format!("{package} has nothing for {switch} {name}"));
        }
    }
    let arguments = words.iter().skip(own.len() + 1).cloned().collect::<Vec<_>>();
    (package == "flyte-admin").then(|| flyte_admin(&arguments)).flatten()
}

/// As clap names what the command line's types have.
fn flyte_admin(words: &[String]) -> Option<String> {
    let sources = read("examples/flyte-admin/src/cli/arguments.rs");
    let defined = |word: &str| match word.strip_prefix("--") {
        Some(switch) => sources.contains(&switch.replace('-', "_")),
        None => {
            let variant = word[..1].to_uppercase() + &word[1..];
            sources
                .lines()
                .any(|line| line.trim().trim_end_matches([',', '{', ' ']).split('(').next() == Some(&variant))
        }
    };
    let word = words.iter().find(|word| word.starts_with("--")).into_iter().chain(words.first());
    word.filter(|word| !defined(word)).map(|word| format!("flyte-admin has no {word}")).next()
}

fn script(words: &[String]) -> Option<String> {
    let path = &words[0];
    let Ok(text) = fs::read_to_string(workspace().join(path)) else { return Some(format!("there is no {path}")) };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let all = files(&["py", "rs", "sh"]).into_iter().filter(|file| file.starts_with(&format!("{folder}/")));
    let sources = all.map(|file| read(&file)).fold(text, |all, text| all + &text);
    let is_known = |word: &str| sources.contains(word) || word.chars().all(|letter| letter.is_ascii_digit());
    words[1..].iter().find(|word| !is_known(word)).map(|word| format!("{path} knows no {word}"))
}

fn variable(name: &str) -> Option<String> {
    let known = |file: &String| {
        !file.ends_with("/commands.rs")
            && (file.starts_with("auth-runtime/src/") || file.starts_with("tests/") || file == "docs/configuration.md")
    };
    let places = files(&["rs", "md"]).into_iter().filter(known);
    let of_others = name == "LD_PRELOAD" || name.starts_with("CARGO_");
    (!of_others && !places.into_iter().any(|file| read(&file).contains(name))).then(|| format!("nothing reads {name}"))
}

/// What is wrong with a line.
fn fault(line: &str) -> Option<String> {
    let mut words = words(line);
    words.retain(|word| word != "export");
    while let Some((name, _)) = words.first().and_then(|word| word.split_once('=')) {
        if let Some(fault) = variable(name) {
            return Some(fault);
        }
        words.remove(0);
    }
    match words.first().map(String::as_str) {
        None => None,
        Some("cargo") => cargo(&words),
        Some("flyte-admin") => flyte_admin(&words[1..]),
        Some("perf") if words.iter().any(|word| word == "cargo") => {
            cargo(&words[words.iter().position(|word| word == "cargo")?..])
        }
        Some(name) if OF_OTHERS.contains(&name) => None,
        Some(path) if path.contains('/') => script(&words),
        Some(name) => Some(format!("what is {name}?")),
    }
}

#[test]
fn what_commands_name_is_there() {
    let (mut count, mut wrong) = (0, Vec::new());
    for block in blocks().iter().filter(|block| block.language == "sh") {
        for line in block.text.lines() {
            count += 1;
            wrong.extend(fault(line).map(|fault| format!("{}:{}: {line}: {fault}", block.page, block.line)));
        }
    }
    assert!(count > 20, "only {count} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_there_is_found() {
    for line in [
        "cargo run -p none",
        "cargo test -p tests --test none",
        "cargo run --manifest-path none/Cargo.toml",
        "cargo run -p flyte-admin -- none",
        "flyte-admin login --none-of-these",
        "tests/none/run",
        "tests/hostile/run --none-of-these",
        "export FLYTE_NONE_OF_THESE=1",
        "none",
    ] {
        assert!(fault(line).is_some(), "{line}");
    }
    for line in
        ["cargo test --workspace", "cargo run -p flyte-admin -- doctor --output json", "tests/hostile/run --write"]
    {
        assert_eq!(fault(line), None, "{line}");
    }
}
