//! `docs/configuration.md`: each row holds.

use std::collections::BTreeSet;

use auth_runtime::flyte::{Config, LOGIN_STORE_VARIABLE, NON_INTERACTIVE_VARIABLE};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::support::{Surroundings, effective, line};

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// The cells of a table's rows, below this heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = PAGE.split_once(&format!("\n{heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let table = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn only(cell: &str) -> &str {
    let [code] = code(cell)[..] else { panic!("{cell}") };
    code
}

struct Row {
    key: String,
    variables: Vec<String>,
    example: String,
}

impl Row {
    fn read(cells: &[String]) -> Self {
        Self {
            key: only(&cells[0]).to_owned(),
            variables: code(&cells[1]).into_iter().map(str::to_owned).collect(),
            example: only(&cells[2]).to_owned(),
        }
    }

    /// A file with the example, and the line that it is in.
    fn yaml(&self) -> (String, usize) {
        let mut text = String::new();
        let parts: Vec<_> = self.key.split('.').collect();
        for (depth, part) in parts.iter().enumerate() {
            text.push_str(&format!("{}{part}:", "  ".repeat(depth)));
            text.push(if depth + 1 < parts.len() { '\n' } else { ' ' });
        }
        (format!("{text}{}\n", self.example), parts.len())
    }

    /// The example as a variable has it.
    fn value_of(&self, variable: &str) -> String {
        let items = self.example.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match items.map(|items| items.split(", ").collect::<Vec<_>>()) {
            Some(items) if variable.starts_with("FLYTE_CREDENTIALS_") => items.join(","),
            Some(items) => format!("{items:?}"),
            None => self.example.trim_matches('"').to_owned(),
        }
    }

    fn check(&self) -> Config {
        let (yaml, expected_line) = self.yaml();
        let from_file = Surroundings::with_yaml(&yaml).config();
        assert_eq!(from_file.warnings(), &[] as &[String], "{yaml}");
        let shown = effective(&from_file, &self.key);
        assert_eq!(line(shown.origin()), Some(expected_line), "{yaml}");
        for variable in &self.variables {
            let config = Surroundings::new().set(variable, self.value_of(variable)).config();
            let setting = effective(&config, &self.key);
            assert_eq!((setting.value(), setting.origin().to_string()), (shown.value(), variable.clone()));
        }
        from_file
    }
}

#[test]
fn every_key_with_an_effect_is_read_from_file_and_variables_and_has_the_default_that_is_said() {
    let defaults = Surroundings::new().config();
    let mut documented = BTreeSet::new();
    for cells in rows("## Keys that have an effect") {
        let row = Row::read(&cells);
        assert_eq!(cells.len(), 8, "{}", row.key);
        row.check();
        let default = effective(&defaults, &row.key);
        assert_eq!((default.value(), default.origin().to_string().as_str()), (only(&cells[3]), "default"));
        assert_ne!(row.example, default.value(), "{}: an example that is the default shows nothing", row.key);
        documented.insert(row.key);
    }
    let known = defaults.effective().into_iter().map(|setting| setting.key().to_owned());
    assert_eq!(documented, known.collect());
}

#[test]
fn every_key_without_effect_is_known_and_said_to_have_none() {
    let rows = rows("## Keys without effect");
    assert_eq!(rows.len(), 9);
    for cells in rows {
        let row = Row::read(&cells);
        assert!(!effective(&row.check(), &row.key).has_effect(), "{}", row.key);
    }
}

#[test]
fn the_options_of_ini_are_the_second_part_of_flytekits_variables() {
    for cells in rows("## Keys that have an effect") {
        let row = Row::read(&cells);
        let Some(variable) = row
            .variables
            .iter()
            .find(|name| name.starts_with("FLYTE_PLATFORM_") || name.starts_with("FLYTE_CREDENTIALS_"))
        else {
            continue;
        };
        let (section, option) = variable.strip_prefix("FLYTE_").unwrap().split_once('_').unwrap();
        let surroundings = Surroundings::new();
        let value = row.value_of(variable);
        let text = format!("[{}]\n{} = {value}\n", section.to_lowercase(), option.to_lowercase());
        surroundings.write("home/.flyte/config", &text);
        assert_eq!(line(effective(&surroundings.config(), &row.key).origin()), Some(2), "{text}");
    }
}

#[test]
fn every_spelling_of_a_login_is_understood() {
    for cells in rows("### `admin.authType`") {
        let Some(name) = code(&cells[0]).first().copied() else {
            assert_eq!(cells[0], "anything else");
            continue;
        };
        for spelling in code(&cells[1]).into_iter().chain([name]) {
            let config = Surroundings::with_yaml(&format!("admin:\n  authType: {spelling}\n")).config();
            assert_eq!(config.auth_type().value().to_string(), name);
        }
    }
}

#[test]
fn every_variable_without_a_key_does_what_is_said() {
    for cells in rows("## Variables without a key") {
        let surroundings = Surroundings::new();
        match only(&cells[0]) {
            variable @ ("FLYTE_API_KEY" | "_UNION_EAGER_API_KEY" | "EAGER_API_KEY") => {
                let config = surroundings.set(variable, STANDARD.encode("a.example:b:c:d")).config();
                assert_eq!(effective(&config, "API key").origin().to_string(), variable);
            }
            variable @ "FLYTE_CREDENTIALS_CLIENT_SECRET" => {
                surroundings.write("home/.flyte/config", "[credentials]\nclient_secret = a\n");
                assert_eq!(line(effective(&surroundings.config(), "client secret").origin()), Some(2));
                let config = surroundings.set(variable, "b").config();
                assert_eq!(effective(&config, "client secret").origin().to_string(), variable);
            }
            variable @ ("FLYTECTL_CONFIG" | "UCTL_CONFIG" | "_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE") => {
                let path = surroundings.write("named.yaml", "admin:\n  endpoint: a.example\n");
                assert_eq!(surroundings.set(variable, &path).config().file(), Some(path.as_path()));
            }
            variable @ "FLYTE_TRUSTED_CONFIG" => {
                let path = surroundings.write("work/flytekit.config", "[credentials]\nclient_secret = a\n");
                surroundings.complaint();
                let config = surroundings.set(variable, path).config();
                assert_eq!(line(effective(&config, "client secret").origin()), Some(2));
            }
            // What they do is the prompt's and the store's to show: the names must be right.
            variable => assert!([NON_INTERACTIVE_VARIABLE, LOGIN_STORE_VARIABLE].contains(&variable), "{variable}"),
        }
    }
}

/// The files that pages show, wherever they are.
#[test]
fn what_pages_show_of_a_file_is_understood() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let pages = std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for page in pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            let config = Surroundings::with_yaml(block).config();
            assert_eq!(config.warnings(), &[] as &[String], "{}: {block}", page.display());
            count += 1;
        }
    }
    assert!(count > 1);
}
