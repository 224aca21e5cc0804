//! What is set per service and per method: as a build script says it, as the attribute's arguments carry it, and as
//! it holds for one method.

use std::fmt;

use proc_macro2::Ident;
use syn::LitInt;
use syn::parse::Parser as _;

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
    client_names: Vec<(RpcPath, String)>,
    default_hosts: Vec<(RpcPath, String)>,
    /// Where the runtime is, if it is not `::auth_runtime`.
    runtime: Option<String>,
}

/// A setting that cannot hold, by itself or beside another one.
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

    /// The authenticated client of the service is called so.
    pub fn client_name(&mut self, path: RpcPath, name: String) {
        match self.client_names.iter_mut().find(|(set, _)| *set == path) {
            Some((_, set)) => *set = name,
            None => self.client_names.push((path, name)),
        }
    }

    /// The service is usually found at this host.
    pub fn default_host(&mut self, path: RpcPath, host: String) {
        match self.default_hosts.iter_mut().find(|(set, _)| *set == path) {
            Some((_, set)) => *set = host,
            None => self.default_hosts.push((path, host)),
        }
    }

    /// The runtime is another crate than `::auth_runtime`, or has another name: `my_auth`, `crate::auth`.
    pub fn runtime_crate(&mut self, path: String) {
        self.runtime = Some(path);
    }

    /// The attribute with these settings, ready for tonic's `client_mod_attribute`.
    ///
    /// # Errors
    ///
    /// If two settings contradict each other, or one of them is not a name.
    pub fn to_attribute(&self) -> Result<String, SettingsError> {
        self.check()?;
        let runtime = self.runtime.as_deref().map(runtime_path).transpose()?;
        let mut arguments: Vec<_> = runtime.iter().map(|path| format!("crate = {path}")).collect();
        let mut list = |keyword: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                arguments.push(format!("{keyword}({})", entries.join(", ")));
            }
        };
        list("unauthenticated", self.unauthenticated.iter().map(|path| format!("\"{path}\"")).collect());
        list("no_replay", self.no_replay.iter().map(|path| format!("\"{path}\"")).collect());
        let sizes = self.replay_buffer_bytes.iter().map(|(path, bytes)| format!("\"{path}\" = {bytes}"));
        list("replay_buffer_bytes", sizes.collect());
        list("name", self.client_names.iter().map(|(path, name)| format!("\"{path}\" = {name}")).collect());
        // `Debug` of a text is its literal.
        list("default_host", self.default_hosts.iter().map(|(path, host)| format!("\"{path}\" = {host:?}")).collect());
        let runtime = runtime.unwrap_or_else(|| "::auth_runtime".to_owned());
        Ok(match arguments.is_empty() {
            true => format!("#[{runtime}::authenticated_client]"),
            false => format!("#[{runtime}::authenticated_client({})]", arguments.join(", ")),
        })
    }

    /// Each argument of the attribute that says something about calls, with the path that it names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, &RpcPath)> {
        let unauthenticated = self.unauthenticated.iter().map(|path| ("unauthenticated", path));
        let no_replay = self.no_replay.iter().map(|path| ("no_replay", path));
        let sizes = self.replay_buffer_bytes.iter().map(|(path, _)| ("replay_buffer_bytes", path));
        unauthenticated.chain(no_replay).chain(sizes)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let entries: Vec<_> = self.entries().collect();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(message) = entries[..index].iter().find_map(|before| contradiction(*before, *entry)) {
                return Err(SettingsError { message });
            }
        }
        for (path, name) in &self.client_names {
            if path.method().is_some() {
                let message =
                    format!("`{path}` is a method, and a name is for a service's client: leave the method out");
                return Err(SettingsError { message });
            }
            if syn::parse_str::<Ident>(name).is_err() {
                return Err(SettingsError { message: format!("`{name}` is not a name for the client of `{path}`") });
            }
        }
        Ok(())
    }
}

/// A crate's own name is a path too, from the root.
fn runtime_path(path: &str) -> Result<String, SettingsError> {
    let parsed = syn::Path::parse_mod_style.parse_str(path);
    let parsed =
        parsed.map_err(|_| SettingsError { message: format!("`{path}` is not the path of a crate or module") })?;
    let begins_with = |word: &str| parsed.segments.first().is_some_and(|first| first.ident == word);
    if ["self", "super", "Self"].into_iter().any(begins_with) {
        let message = format!(
            "`{path}` leads to another place from each generated module: write a path from the root, such as `crate::auth`, \
             or the name of a crate"
        );
        return Err(SettingsError { message });
    }
    Ok(if begins_with("crate") || parsed.leading_colon.is_some() { path.to_owned() } else { format!("::{path}") })
}

/// Why two settings cannot both hold: a public method has nothing to replay, and a method that is never replayed keeps
/// nothing. A method's own setting may refine its service's as far as both mean something.
pub(crate) fn contradiction(first: (&str, &RpcPath), second: (&str, &RpcPath)) -> Option<String> {
    if first.0 == second.0 || first.1.service() != second.1.service() {
        return None;
    }
    if first.1 == second.1 {
        let (path, first, second) = (first.1, first.0, second.0);
        return Some(format!(
            "`{path}` is listed in `{first}` and in `{second}`, which cannot both hold: keep one of them"
        ));
    }
    let (of_service, of_method) = match (first.1.method(), second.1.method()) {
        (None, Some(_)) => (first, second),
        (Some(_), None) => (second, first),
        _ => return None,
    };
    match (of_service.0, of_method.0) {
        ("unauthenticated", _) | ("no_replay", "replay_buffer_bytes") => Some(format!(
            "`{}` is listed in `{}` and its service in `{}`, which cannot both hold: list the service's other methods \
             there, or leave this one out",
            of_method.1, of_method.0, of_service.0,
        )),
        _ => None,
    }
}

// === impl SettingsError ===

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SettingsError {}
