//! Whether each path in the settings names a service or method that exists, and which ones it may have meant.

use auth_macros_expansion::RpcPath;
use prost_types::{FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};

use crate::error::Error;

/// So many suggestions are read; a longer list is skipped.
const SUGGESTIONS: usize = 3;
/// Below this likeness (Jaro-Winkler, 0 to 1) a name is not a misspelling but another name.
const LIKENESS: f64 = 0.7;

/// A method of the builder that takes a path.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    Unauthenticated,
    NoReplay,
    ReplayBufferBytes(usize),
    ClientName(String),
    IgnoreOptions,
}

// === impl Setting ===

impl Setting {
    fn name(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::NoReplay => "no_replay",
            Self::ReplayBufferBytes(_) => "replay_buffer_bytes",
            Self::ClientName(_) => "client_name",
            Self::IgnoreOptions => "ignore_options",
        }
    }
}

/// Reads all paths.
pub(crate) fn parse(settings: &[(Setting, String)]) -> Result<Vec<(Setting, RpcPath)>, Error> {
    let parse = |(setting, path): &(Setting, String)| {
        Ok((setting.clone(), RpcPath::parse(path).map_err(Error::MalformedPath)?))
    };
    settings.iter().map(parse).collect()
}

/// The services and methods of which it does not count what their proto files declare.
pub(crate) fn ignored(settings: &[(Setting, RpcPath)]) -> impl Iterator<Item = &RpcPath> {
    settings.iter().filter(|(setting, _)| matches!(setting, Setting::IgnoreOptions)).map(|(_, path)| path)
}

/// Looks each path up in the descriptors, and asks whether the setting means anything there.
pub(crate) fn check(settings: &[(Setting, RpcPath)], descriptors: &FileDescriptorSet) -> Result<(), Error> {
    let services = services(descriptors);
    for (setting, path) in settings {
        let service = services.iter().find(|(service, _)| service == path.service());
        let (kind, near) = match (service, path.method()) {
            (Some(_), None) => {
                check_name(setting, path)?;
                continue;
            }
            (Some((name, service)), Some(method)) => match service.method.iter().find(|known| known.name() == method) {
                Some(method) => {
                    check_stream(setting, path, method)?;
                    continue;
                }
                None => ("method", nearest(path, methods(name, service))),
            },
            (None, Some(_)) => ("method", nearest(path, all_methods(&services))),
            // A dot instead of the slash makes a service of a method.
            (None, None) => {
                let names = services.iter().map(|(service, _)| service.clone());
                ("service", nearest(path, names.chain(all_methods(&services))))
            }
        };
        return Err(Error::UnknownPath { setting: setting.name(), path: path.to_string(), kind, near });
    }
    Ok(())
}

/// tonic's client is called as its service: with another name of the service, as Rust writes it, the macro refuses this.
fn check_name(setting: &Setting, path: &RpcPath) -> Result<(), Error> {
    let Setting::ClientName(name) = setting else { return Ok(()) };
    let service = path.service().rsplit('.').next().unwrap_or_default();
    match name.trim_start_matches("r#").strip_suffix("Client") == Some(service) {
        true => Err(Error::NameOfTonicsClient { service: path.to_string(), name: name.clone() }),
        false => Ok(()),
    }
}

/// What is set for a whole service is meant for those of its methods that have a request stream.
fn check_stream(setting: &Setting, path: &RpcPath, method: &MethodDescriptorProto) -> Result<(), Error> {
    match setting {
        Setting::ReplayBufferBytes(_) if !method.client_streaming() => {
            Err(Error::NoRequestStream { path: path.to_string() })
        }
        _ => Ok(()),
    }
}

/// All services, by their names in the proto files.
fn services(descriptors: &FileDescriptorSet) -> Vec<(String, &ServiceDescriptorProto)> {
    let named = |package: &str, service: &str| match package.is_empty() {
        true => service.to_owned(),
        false => format!("{package}.{service}"),
    };
    let all =
        descriptors.file.iter().flat_map(|file| file.service.iter().map(move |service| (file.package(), service)));
    all.map(|(package, service)| (named(package, service.name()), service)).collect()
}

fn all_methods(services: &[(String, &ServiceDescriptorProto)]) -> impl Iterator<Item = String> {
    services.iter().flat_map(|(name, service)| methods(name, service))
}

fn methods(name: &str, service: &ServiceDescriptorProto) -> impl Iterator<Item = String> {
    service.method.iter().map(move |method| format!("{name}/{}", method.name()))
}

/// The nearest of what exists; if nothing is near, the first ones, for people to see how a path is written.
fn nearest(path: &RpcPath, existing: impl Iterator<Item = String>) -> Vec<String> {
    let mut existing: Vec<_> = existing.map(|name| (likeness(&path.to_string(), &name), name)).collect();
    // Equal likeness keeps the order of the alphabet, whatever the order of the files.
    existing.sort_by(|(left, left_name), (right, right_name)| right.total_cmp(left).then(left_name.cmp(right_name)));
    let near = existing.iter().filter(|(likeness, _)| *likeness >= LIKENESS).count();
    let take = if near == 0 { SUGGESTIONS } else { near.min(SUGGESTIONS) };
    existing.into_iter().take(take).map(|(_, name)| name).collect()
}

/// How alike two paths are: as a whole, or in their last parts, since the package is what people leave out.
fn likeness(given: &str, existing: &str) -> f64 {
    let (given, existing) = (given.to_lowercase(), existing.to_lowercase());
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let whole = strsim::jaro_winkler(&given, &existing);
    // A match in the last part alone is worth a little less than one in the whole.
    whole.max(0.95 * strsim::jaro_winkler(&last(&given), &last(&existing)))
}
