//! A configuration file, whatever its format.

use std::path::{Path, PathBuf};

use super::limits;
use super::{entry::Entry, ini, key, nearby, setting::Origin, value::Raw, yaml};
use crate::{AuthError, user_file};

/// What a file says, as a list of names and values.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    /// Whether it is one of the working directory.
    nearby: bool,
    entries: Vec<Entry>,
}

impl Document {
    /// Reads a file; one that does not end in `yaml` or `yml` is INI, as for flytekit.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a file that cannot be read, with the line where it is not in its format.
    pub(super) fn read(path: &Path, nearby: bool) -> Result<Self, AuthError> {
        let text = read(path)?;
        let name = path.to_string_lossy();
        let entries = if name.ends_with("yaml") || name.ends_with("yml") {
            yaml::entries(path, &text)?
        } else {
            ini::entries(path, &text)?
        };
        Ok(Self { path: path.to_owned(), nearby, entries })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_nearby(&self) -> bool {
        self.nearby
    }

    /// Whether it says anything that is Flyte's.
    pub(super) fn is_flytes(&self) -> bool {
        self.entries.iter().any(|entry| is_within(&entry.name, "admin"))
    }

    /// The value under any of a key's names.
    ///
    /// # Errors
    ///
    /// Where a file of the working directory may not have it.
    pub(super) fn find(
        &self,
        name: &'static str,
        is_called: impl Fn(&str) -> bool,
    ) -> Result<Option<(&Raw, Origin)>, AuthError> {
        let found = self.entries.iter().find(|entry| is_called(&entry.name) && !is_nothing(&entry.value));
        let Some(entry) = found else { return Ok(None) };
        if self.nearby {
            nearby::check_key(name, &self.path, entry.line)?;
        }
        Ok(Some((&entry.value, Origin::File { path: self.path.clone(), line: entry.line })))
    }

    /// What nothing here reads: most likely a typing error.
    pub(super) fn unknown(&self) -> Vec<String> {
        let known = |name: &str| {
            key::all().any(|key| key.is_called(name))
                || name == key::CLIENT_SECRET_OPTION
                || key::ELSEWHERE.contains(&name)
        };
        let mut warnings = Vec::new();
        for entry in &self.entries {
            if is_within(&entry.name, "task") {
                continue;
            }
            let is_section_of_known = matches!(entry.value, Raw::Section | Raw::Nothing)
                && key::all().any(|key| is_within(key.name, &entry.name));
            if !known(&entry.name) && !is_section_of_known {
                let hint = nearest(&entry.name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                warnings.push(format!(
                    "{}:{}: the key `{}` is not known and has no effect{hint}",
                    self.path.display(),
                    entry.line,
                    entry.name
                ));
            }
        }
        warnings
    }
}

/// As for flytekit, a key with an empty value counts as unset.
fn is_nothing(value: &Raw) -> bool {
    match value {
        Raw::Nothing => true,
        Raw::Text(text) | Raw::Plain(text, _) => text.trim().is_empty(),
        Raw::List(items) => items.is_empty(),
        _ => false,
    }
}

fn is_within(name: &str, section: &str) -> bool {
    name.get(..section.len()).is_some_and(|start| start.eq_ignore_ascii_case(section))
        && name[section.len()..].starts_with('.')
}

/// The known name that was most likely meant.
fn nearest(name: &str) -> Option<String> {
    let candidates = key::all().flat_map(|key| {
        let ini = key.ini.map(|(section, option)| format!("{section}.{option}"));
        [Some(key.name.to_owned()), ini].into_iter().flatten()
    });
    candidates
        .map(|candidate| (strsim::jaro_winkler(&candidate.to_lowercase(), &name.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity > 0.9)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn read(path: &Path) -> Result<String, AuthError> {
    let failed =
        |reason: String| AuthError::configuration("configuration file", format!("{} {reason}", path.display()));
    let unreadable = |error: std::io::Error| {
        failed(match error.kind() {
            std::io::ErrorKind::FileTooLarge => {
                format!("has more than {} bytes; is it the right file?", limits::MAX_CONFIG_BYTES)
            }
            _ => format!("cannot be read ({error}); is the path right, and may this process read it?"),
        })
    };
    let content = user_file::read(path, limits::MAX_CONFIG_BYTES).map_err(unreadable)?;
    String::from_utf8(content).map_err(|_| failed("is not UTF-8; is it the right file?".to_owned()))
}
