//! Where programs keep what they know of this user.

use std::{ffi::OsString, path::PathBuf};

/// The directory for what is kept between runs and is no configuration, if this user has one.
pub(super) fn state(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative one would depend on where the program is started.
    let directory = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return directory("LOCALAPPDATA");
    }
    let home = directory("HOME");
    if cfg!(target_vendor = "apple") {
        return home.map(|home| home.join("Library/Application Support"));
    }
    directory("XDG_STATE_HOME").or_else(|| home.map(|home| home.join(".local/state")))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_absolute_counts_as_unset() {
        let cases = [
            (&[("HOME", "/home/me"), ("XDG_STATE_HOME", "/state")][..], Some("/state")),
            (&[("HOME", "/home/me"), ("XDG_STATE_HOME", "state")], Some("/home/me/.local/state")),
            (&[("HOME", "/home/me"), ("XDG_STATE_HOME", "")], Some("/home/me/.local/state")),
            (&[("HOME", "here")], None),
            (&[], None),
        ];
        for (variables, expected) in cases {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(state(variable), expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
