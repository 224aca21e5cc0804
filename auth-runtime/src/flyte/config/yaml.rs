//! flytectl's and flytekit's YAML.

mod growth;

use std::{collections::BTreeSet, path::Path, slice};

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

use super::{
    entry::{Entry, twice, unreadable},
    value::Raw,
};
use crate::AuthError;

/// The section that all of Flyte's tools read.
const SECTION: &str = "admin";

/// Flyte 2's, of which the organization is read. All others are about something else.
const TASK_SECTION: &str = "task";

/// The key of YAML 1.1 whose value's keys count as the section's own. Go and Python read it.
const MERGED: &str = "<<";

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
    let mut seen = None;
    for (key, section) in sections {
        if name(key).is_some_and(|name| name.eq_ignore_ascii_case(TASK_SECTION)) {
            flatten(TASK_SECTION, section, &mut entries);
        }
        if name(key).is_some_and(|name| name.eq_ignore_ascii_case(SECTION)) {
            if seen.replace(key).is_some() {
                return Err(twice(path, key.span.start.line(), SECTION));
            }
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
    check_once(path, &entries)?;
    Ok(entries)
}

/// YAML tells apart what is not told apart here.
fn check_once(path: &Path, entries: &[Entry]) -> Result<(), AuthError> {
    let mut names = BTreeSet::new();
    match entries.iter().find(|entry| !names.insert(entry.name.to_lowercase())) {
        Some(entry) => Err(twice(path, entry.line, &entry.name)),
        None => Ok(()),
    }
}

/// Sections within become dots in the name.
fn flatten(prefix: &str, section: &MarkedYaml<'_>, entries: &mut Vec<Entry>) {
    let YamlData::Mapping(keys) = &section.data else { return };
    for (key, value) in keys {
        let line = key.span.start.line();
        let Some(name) = name(key) else { continue };
        if name == MERGED {
            continue;
        }
        let name = format!("{prefix}.{name}");
        // The name itself is an entry as well: a section where a value belongs is an error.
        entries.push(Entry { name: name.clone(), line, value: raw(value) });
        flatten(&name, value, entries);
    }
    // What the section has itself wins over what is merged into it, and that over what is merged after it.
    for (_, value) in keys.iter().filter(|(key, _)| name(key) == Some(MERGED)) {
        let merged = match &value.data {
            YamlData::Sequence(sections) => sections.as_slice(),
            _ => slice::from_ref(value),
        };
        for section in merged {
            let mut more = Vec::new();
            flatten(prefix, section, &mut more);
            let is_new = |entry: &Entry| !entries.iter().any(|has| hides(&has.name, &entry.name));
            let more: Vec<_> = more.into_iter().filter(is_new).collect();
            entries.extend(more);
        }
    }
}

/// Whether a name that is there, or a section that it is, keeps another from being merged.
fn hides(has: &str, name: &str) -> bool {
    let start = name.get(..has.len()).is_some_and(|start| start.eq_ignore_ascii_case(has));
    start && matches!(name.as_bytes().get(has.len()), None | Some(b'.'))
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
