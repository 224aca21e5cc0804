//! What is set per service and per method: as a build script says it, as the attribute's arguments carry it, and as
//! it holds for one method.

use std::fmt;

use syn::LitInt;

use crate::path::RpcPath;

/// Settings of services and methods, to be written down as the attribute's arguments.
///
/// One attribute goes to all client modules (tonic's `client_mod_attribute` matches packages, not services), hence
/// the full paths: each module picks what is meant for its own service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    unauthenticated: Vec<RpcPath>,
    no_replay: Vec<RpcPath>,
    replay_buffer_bytes: Vec<(RpcPath, usize)>,
}

/// Two settings that cannot both hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    message: String,
}

/// What holds for one method.
#[derive(Default)]
pub(crate) struct MethodSettings {
    pub(crate) unauthenticated: bool,
    pub(crate) no_replay: bool,
    pub(crate) replay_buffer_bytes: Option<LitInt>,
}

// === impl Settings ===

impl Settings {
    /// The service or method never gets credentials, and a rejection starts no login.
    pub fn unauthenticated(&mut self, path: RpcPath) {
        if !self.unauthenticated.contains(&path) {
            self.unauthenticated.push(path);
        }
    }

    /// The service or method gets credentials, but is never sent twice.
    pub fn no_replay(&mut self, path: RpcPath) {
        if !self.no_replay.contains(&path) {
            self.no_replay.push(path);
        }
    }

    /// At most this many bytes of the service's or method's request stream are kept for a replay.
    pub fn replay_buffer_bytes(&mut self, path: RpcPath, bytes: usize) {
        match self.replay_buffer_bytes.iter_mut().find(|(set, _)| *set == path) {
            Some((_, bound)) => *bound = bytes,
            None => self.replay_buffer_bytes.push((path, bytes)),
        }
    }

    /// The attribute with these settings, ready for tonic's `client_mod_attribute`.
    ///
    /// # Errors
    ///
    /// If two settings of one path contradict each other.
    pub fn to_attribute(&self) -> Result<String, SettingsError> {
        self.check()?;
        let mut arguments = Vec::new();
        for (keyword, paths) in [("unauthenticated", &self.unauthenticated), ("no_replay", &self.no_replay)] {
            if !paths.is_empty() {
                let paths: Vec<_> = paths.iter().map(|path| format!("\"{path}\"")).collect();
                arguments.push(format!("{keyword}({})", paths.join(", ")));
            }
        }
        if !self.replay_buffer_bytes.is_empty() {
            let bounds: Vec<_> =
                self.replay_buffer_bytes.iter().map(|(path, bytes)| format!("\"{path}\" = {bytes}")).collect();
            arguments.push(format!("replay_buffer_bytes({})", bounds.join(", ")));
        }
        Ok(match arguments.is_empty() {
            true => "#[::auth_runtime::authenticated_client]".to_owned(),
            false => format!("#[::auth_runtime::authenticated_client({})]", arguments.join(", ")),
        })
    }

    fn check(&self) -> Result<(), SettingsError> {
        let mut seen = std::collections::BTreeMap::new();
        let lists = [
            ("unauthenticated", self.unauthenticated.iter().collect::<Vec<_>>()),
            ("no_replay", self.no_replay.iter().collect()),
            ("replay_buffer_bytes", self.replay_buffer_bytes.iter().map(|(path, _)| path).collect()),
        ];
        for (keyword, paths) in lists {
            for path in paths {
                if let Some(first) = seen.insert(path, keyword) {
                    return Err(SettingsError { message: contradiction(path, first, keyword) });
                }
            }
        }
        Ok(())
    }
}

/// A public method has nothing to replay, and a method that is never replayed keeps nothing.
pub(crate) fn contradiction(path: &RpcPath, first: &str, second: &str) -> String {
    format!("`{path}` is listed in `{first}` and in `{second}`, which cannot both hold: keep one of them")
}

// === impl SettingsError ===

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SettingsError {}
