//! A value, and where it came from.

use std::{fmt, path::PathBuf};

/// A value together with its origin. [`Config`](super::Config) has an example.
///
/// Its `Debug` shows the origin alone, as the value may be a secret or a URL with a password in it;
/// [`Config::effective`](super::Config::effective) has values that can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    origin: Origin,
}

impl<T> Setting<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// A value that the program itself gives.
    pub(super) fn given(value: T) -> Self {
        Self::new(value, Origin::Program)
    }

    pub(super) fn default(value: T) -> Self {
        Self::new(value, Origin::Default)
    }

    /// The value itself.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether the program itself set it.
    pub(crate) fn is_programs(&self) -> bool {
        self.origin == Origin::Program
    }

    /// Whether somebody set it.
    pub fn is_set(&self) -> bool {
        self.origin != Origin::Default
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), origin: self.origin }
    }
}

impl<T> fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Where a value came from, as in the example of [`Config`](super::Config). Shown as `file:line`, the variable's name,
/// or `default`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// The program itself.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Program => f.write_str("program"),
        }
    }
}
