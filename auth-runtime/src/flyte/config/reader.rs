//! One key after another: the environment first, then the file, then the default.

use std::fmt;

use super::{
    document::Document,
    effective::{EffectiveSetting, without_password},
    key::{self, Dialect, Key, Kind},
    setting::{Origin, Setting},
    sources::ConfigSources,
    value::{self, Raw, Wrong},
};
use crate::AuthError;

/// Reads keys and remembers what is worth telling.
pub(super) struct Reader<'a> {
    pub(super) sources: &'a ConfigSources,
    pub(super) documents: &'a [Document],
    /// Whether a variable names the file.
    pub(super) named: bool,
    pub(super) warnings: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn text(&mut self, key: Key) -> Result<Setting<Option<String>>, AuthError> {
        self.read(key, value::text)
    }

    pub(super) fn flag(&mut self, key: Key) -> Result<Setting<bool>, AuthError> {
        Ok(self.read(key, value::flag)?.map(Option::unwrap_or_default))
    }

    pub(super) fn list(&mut self, key: Key) -> Result<Setting<Vec<String>>, AuthError> {
        Ok(self.read(key, value::list)?.map(Option::unwrap_or_default))
    }

    pub(super) fn words(&mut self, key: Key) -> Result<Setting<Vec<String>>, AuthError> {
        Ok(self.read(key, value::words)?.map(Option::unwrap_or_default))
    }

    /// A key without effect: its value is only checked, and shown if somebody set it.
    pub(super) fn check(&mut self, key: Key, kind: Kind) -> Result<Option<EffectiveSetting>, AuthError> {
        fn shown<T>(read: Result<T, Wrong>, show: impl Fn(T) -> String) -> Result<String, Wrong> {
            read.map(show)
        }
        let setting = self.read(key, |raw| match kind {
            Kind::Duration => shown(value::duration(raw), |duration| format!("{duration:?}")),
            Kind::Number => shown(value::number(raw), |number| number.to_string()),
            Kind::Text => value::text(raw),
            Kind::Url => value::text(raw).map(|url| without_password(&url)),
            Kind::Flag => shown(value::flag(raw), |flag| flag.to_string()),
        })?;
        let origin = setting.origin().clone();
        Ok(setting.value().clone().map(|value| EffectiveSetting { key: key.name, value, origin, has_effect: false }))
    }

    pub(super) fn read<T>(
        &mut self,
        key: Key,
        parse: impl Fn(&Raw) -> Result<T, Wrong>,
    ) -> Result<Setting<Option<T>>, AuthError> {
        let found = match self.variable(&key)? {
            Some(found) => Some(found),
            None => self.in_documents(key.name, |name| key.is_called(name))?,
        };
        let Some((raw, origin)) = found else { return Ok(Setting::default(None)) };
        match parse(&raw) {
            Ok(value) => Ok(Setting::new(Some(value), origin)),
            Err(wrong) => Err(AuthError::configuration(key.name, format!("{wrong} (set in {origin})"))),
        }
    }

    /// The value of the first file that has one.
    pub(super) fn in_documents(
        &self,
        name: &'static str,
        is_called: impl Fn(&str) -> bool,
    ) -> Result<Option<(Raw, Origin)>, AuthError> {
        for document in self.documents {
            if let Some((raw, origin)) = document.find(name, &is_called)? {
                return Ok(Some((raw.clone(), origin)));
            }
        }
        Ok(None)
    }

    /// The first of the key's variables that is set. Another that says something else is told.
    fn variable(&mut self, key: &Key) -> Result<Option<(Raw, Origin)>, AuthError> {
        let mut first: Option<(String, String, Dialect)> = None;
        for (name, dialect) in key.variables() {
            let Some(value) = self.sources.variable(&name)? else { continue };
            if key::ONLY_IF_TRUE.contains(&name.as_str()) && (self.named || is_false(&value)) {
                continue;
            }
            match &first {
                None => first = Some((name, value, dialect)),
                Some((chosen, chosen_value, _)) if *chosen_value != value => self.warnings.push(format!(
                    "the variables {chosen} and {name} set the same key to different values; {chosen} wins, unset one"
                )),
                Some(_) => {}
            }
        }
        Ok(first.map(|(name, value, dialect)| (Raw::Plain(value, dialect), Origin::Variable(name))))
    }
}

fn is_false(value: &str) -> bool {
    value::flag(&Raw::Text(value.to_owned())) == Ok(false)
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("warnings", &self.warnings).finish_non_exhaustive()
    }
}
