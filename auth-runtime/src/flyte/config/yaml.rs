//! flytectl's and flytekit's YAML.

mod growth;

use std::path::Path;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

use super::{
    entry::{Entry, unreadable},
    value::Raw,
};
use crate::AuthError;

/// The section that all of Flyte's tools read.
const SECTION: &str = "admin";

/// Flyte 2's, of which the organization is read. All others are about something else.
const TASK_SECTION: &str = "task";

pub(super) fn entries(path: &Path, text: &str) -> Result<Vec<Entry>, AuthError> {
    growth::check(text).map_err(|too_much| unreadable(path, too_much.line, too_much.what))?;
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        unreadable(path, error.marker().line(), &format!("it is not YAML ({}); correct it there", error.info()))
    })?;
    let Some(root) = documents.first() else { return Ok(Vec::new()) };
    let sections = match &root.data {
        YamlData::Mapping(sections) => sections,
        YamlData::Value(Scalar::Null) => return Ok(Vec::new()),
        _ => {
            return Err(unreadable(
                path,
                root.span.start.line(),
                "it has no sections; it must begin with one, `admin:`",
            ));
        }
    };
    let mut entries = Vec::new();
    for (key, section) in sections {
        if name(key).is_some_and(|name| name.eq_ignore_ascii_case(TASK_SECTION)) {
            flatten(TASK_SECTION, section, &mut entries);
        }
        if name(key).is_some_and(|name| name.eq_ignore_ascii_case(SECTION)) {
            match &section.data {
                YamlData::Mapping(_) => flatten(SECTION, section, &mut entries),
                YamlData::Value(Scalar::Null) => {}
                _ => {
                    let line = section.span.start.line();
                    return Err(unreadable(path, line, "`admin` must be a section, with its keys indented below it"));
                }
            }
        }
    }
    Ok(entries)
}

/// Sections within become dots in the name.
fn flatten(prefix: &str, section: &MarkedYaml<'_>, entries: &mut Vec<Entry>) {
    let YamlData::Mapping(keys) = &section.data else { return };
    for (key, value) in keys {
        let line = key.span.start.line();
        let Some(name) = name(key) else { continue };
        let name = format!("{prefix}.{name}");
        // The name itself is an entry as well: a section where a value belongs is an error.
        entries.push(Entry { name: name.clone(), line, value: raw(value) });
        flatten(&name, value, entries);
    }
}

fn name<'a>(key: &'a MarkedYaml<'_>) -> Option<&'a str> {
    match &key.data {
        YamlData::Value(Scalar::String(name)) => Some(name),
        _ => None,
    }
}

fn raw(node: &MarkedYaml<'_>) -> Raw {
    match &node.data {
        YamlData::Value(Scalar::Null) => Raw::Nothing,
        YamlData::Value(Scalar::Boolean(flag)) => Raw::Flag(*flag),
        YamlData::Value(Scalar::Integer(number)) => Raw::Integer(*number),
        YamlData::Value(Scalar::FloatingPoint(_)) => Raw::Fraction,
        YamlData::Value(Scalar::String(text)) => Raw::Text(text.clone().into_owned()),
        YamlData::Sequence(items) => Raw::List(items.iter().map(raw).collect()),
        _ => Raw::Section,
    }
}
