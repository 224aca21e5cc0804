//! What stands in a file or a variable, made into what is meant.

use std::time::Duration;

use super::{duration, key::Dialect};

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// A key without a value.
    Nothing,
    Flag(bool),
    Integer(i64),
    /// A number with a fraction.
    Fraction,
    Text(String),
    List(Vec<Raw>),
    /// A section where a value belongs.
    Section,
    /// A text that has to be taken apart: an environment variable's, or an INI file's.
    Plain(String, Dialect),
}

impl Raw {
    fn is_called(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Flag(_) => "true or false",
            Self::Integer(_) | Self::Fraction => "a number",
            Self::Text(_) | Self::Plain(..) => "text",
            Self::List(_) => "a list",
            Self::Section => "a section",
        }
    }
}

/// What is wrong with a value, without the value: it may be a secret in the wrong place.
pub(super) type Wrong = String;

fn expected(what: &str, given: &Raw) -> Wrong {
    format!("{what} is needed here, not {}", given.is_called())
}

pub(super) fn text(raw: &Raw) -> Result<String, Wrong> {
    verbatim(raw).map(|text| text.trim().to_owned())
}

fn verbatim(raw: &Raw) -> Result<String, Wrong> {
    match raw {
        Raw::Text(text) | Raw::Plain(text, _) => Ok(text.clone()),
        Raw::Flag(_) | Raw::Integer(_) | Raw::Fraction => {
            Err(format!("{}; put it between quotes", expected("text", raw)))
        }
        _ => Err(expected("text", raw)),
    }
}

/// YAML 1.2 knows only `true` and `false`; Python and Go also take what YAML 1.1 knew.
pub(super) fn flag(raw: &Raw) -> Result<bool, Wrong> {
    let word = match raw {
        Raw::Flag(flag) => return Ok(*flag),
        Raw::Integer(number) => number.to_string(),
        Raw::Text(word) | Raw::Plain(word, _) => word.trim().to_lowercase(),
        _ => return Err(expected("true or false", raw)),
    };
    match word.as_str() {
        "true" | "yes" | "on" | "1" | "t" | "y" => Ok(true),
        "false" | "no" | "off" | "0" | "f" | "n" => Ok(false),
        _ => Err("it is neither true nor false; write one of these".to_owned()),
    }
}

pub(super) fn number(raw: &Raw) -> Result<usize, Wrong> {
    let number = match raw {
        Raw::Integer(number) => usize::try_from(*number).ok(),
        Raw::Text(text) | Raw::Plain(text, _) => text.trim().parse().ok(),
        _ => return Err(expected("a whole number", raw)),
    };
    number.ok_or_else(|| "a whole number that is not negative is needed here".to_owned())
}

pub(super) fn duration(raw: &Raw) -> Result<Duration, Wrong> {
    let wrong = "a duration with its unit is needed here, such as 30s, 5m or 1h30m";
    match raw {
        Raw::Text(text) | Raw::Plain(text, _) => duration::parse(text).ok_or_else(|| wrong.to_owned()),
        // Go would take it as nanoseconds, which nobody means.
        Raw::Integer(0) => Ok(Duration::ZERO),
        _ => Err(format!("{wrong}, not {}", raw.is_called())),
    }
}

/// The parts of a command. In a list they are taken as they stand: an argument may be empty, and have blanks around it.
pub(super) fn words(raw: &Raw) -> Result<Vec<String>, Wrong> {
    let words = match raw {
        Raw::List(items) => items.iter().map(verbatim).collect(),
        Raw::Plain(text, Dialect::Flyte2) => json_list(text)
            .map_or_else(|| shlex::split(text).ok_or_else(|| "a quote in it has no end; close it".to_owned()), Ok),
        _ => list(raw),
    }?;
    match words.first() {
        Some(program) if program.trim().is_empty() => Err("its first part, the program, is empty".to_owned()),
        _ => Ok(words),
    }
}

/// Several texts, without blanks around them and without empty ones.
pub(super) fn list(raw: &Raw) -> Result<Vec<String>, Wrong> {
    let items: Vec<String> = match raw {
        Raw::List(items) => items.iter().map(verbatim).collect::<Result<_, _>>()?,
        Raw::Plain(given, Dialect::Flyte2) => json_list(given)
            .unwrap_or_else(|| given.split(|c: char| c == ',' || c.is_whitespace()).map(str::to_owned).collect()),
        Raw::Text(given) | Raw::Plain(given, Dialect::Flytekit) => given.split(',').map(str::to_owned).collect(),
        _ => return Err(expected("a list", raw)),
    };
    let items = items.iter().map(|item| item.trim());
    Ok(items.filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

fn json_list(text: &str) -> Option<Vec<String>> {
    text.trim_start().starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
}
