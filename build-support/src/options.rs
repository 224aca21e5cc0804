//! What the owners of an API declare in its proto files, with the options of `authenticated_client/options.proto`, and
//! Google's `default_host`.

use auth_macros_expansion::{Declared, RpcPath, Settings};
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, ReflectMessage as _, ServiceDescriptor, Value,
};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::error::Error;

/// The name by which proto files import it.
pub(crate) const FILE: &str = "authenticated_client/options.proto";
pub(crate) const PROTO: &str = include_str!("../proto/authenticated_client/options.proto");
pub(crate) const PACKAGE: &str = "authenticated_client";
/// The messages of the options, as prost matches them: a copy of the file may call its message otherwise.
pub(crate) const MESSAGES: &str = ".authenticated_client";

/// What one element says: a service or a method.
#[derive(Default, Clone, Copy)]
struct Said {
    public: Option<bool>,
    no_replay: Option<bool>,
    replay_buffer_bytes: Option<usize>,
}

/// Adds to the settings what all services in the pool declare, but for the `ignored` ones.
pub(crate) fn apply(pool: &DescriptorPool, ignored: &[&RpcPath], settings: &mut Settings) -> Result<(), Error> {
    let extension = |name: &str| pool.get_extension_by_name(name);
    let of_services = extension(&format!("{PACKAGE}.service"));
    let of_methods = extension(&format!("{PACKAGE}.method"));
    let default_host = extension("google.api.default_host");
    for service in pool.services() {
        let path = RpcPath::parse(service.full_name()).map_err(Error::MalformedPath)?;
        let options = service.options();
        if let Some(host) = default_host.as_ref().filter(|host| options.has_extension(host))
            && let Some(host) = options.get_extension(host).as_str()
        {
            settings.default_host(path.clone(), host.to_owned());
        }
        if ignored.contains(&&path) {
            continue;
        }
        let declared = methods(&service, &path, of_services.as_ref(), of_methods.as_ref(), ignored)?;
        settings.declare(&path, &declared);
    }
    Ok(())
}

/// What ends a build in which prost is not to generate the message of the options, so that nothing of the kind can stand
/// on it: prost shows a path of this form in its error.
pub(crate) fn unread_by_annotate_with_extern_path() -> String {
    format!(
        "{MESSAGES}.. has an extern_path, so that build_support::annotate cannot see whether {FILE} is imported: take the \
         extern_path out, or generate the clients with build_support::configure"
    )
}

/// What ends a build in which `annotate` alone would leave out what is declared.
///
/// Nothing of ours runs there, and prost keeps no options. But it generates the message of the options, with this as an
/// attribute: a function without a body, which its formatter shows in the panic. Unformatted it is the compiler's to
/// show.
pub(crate) fn unread_by_annotate() -> String {
    let text = format!(
        "{FILE} is imported, and build_support::annotate cannot read what is declared with it: generate the clients with \
         build_support::configure"
    );
    format!("#[doc = {text:?}] fn options_are_not_read(); ::core::compile_error!({text:?});")
}

/// Takes out the file of the options, which has nothing to generate code for.
pub(crate) fn remove(descriptors: &mut FileDescriptorSet) {
    descriptors.file.retain(|file| !declares_options(file));
}

pub(crate) fn declares_options(file: &FileDescriptorProto) -> bool {
    file.package() == PACKAGE
        && file.extension.iter().any(|extension| ["service", "method"].contains(&extension.name()))
}

fn methods(
    service: &ServiceDescriptor,
    path: &RpcPath,
    of_services: Option<&ExtensionDescriptor>,
    of_methods: Option<&ExtensionDescriptor>,
    ignored: &[&RpcPath],
) -> Result<Vec<(RpcPath, Option<Declared>)>, Error> {
    let of_service = said(&service.options(), of_services, path)?;
    let method = |method: prost_reflect::MethodDescriptor| {
        let path = RpcPath::parse(&format!("{path}/{}", method.name())).map_err(Error::MalformedPath)?;
        if ignored.contains(&&path) {
            return Ok((path, None));
        }
        let own = said(&method.options(), of_methods, &path)?;
        if own.replay_buffer_bytes.is_some() && !method.is_client_streaming() {
            let problem = "`replay_buffer_bytes` has no effect: the method takes one message, and no stream of them";
            return Err(Error::Options { path: path.to_string(), problem: problem.to_owned() });
        }
        let declared = resolve(of_service, own, &path)?;
        Ok((path, declared))
    };
    service.methods().map(method).collect()
}

/// Reads the options of one element.
fn said(options: &DynamicMessage, extension: Option<&ExtensionDescriptor>, path: &RpcPath) -> Result<Said, Error> {
    let Some(extension) = extension.filter(|extension| options.has_extension(extension)) else {
        return Ok(Said::default());
    };
    let error = |problem: String| Error::Options { path: path.to_string(), problem };
    let value = options.get_extension(extension);
    let Some(value) = value.as_message() else {
        return Err(error(format!("`{}` is not a message", extension.full_name())));
    };
    let mut said = Said::default();
    if let Some(field) = value.descriptor().fields().find(|field| !field.supports_presence()) {
        let (file, name) = (field.parent_file(), field.name());
        let problem = format!(
            "in {} `{name}` is not `optional`, so that `false` or 0 cannot be told from nothing: write `optional` before it",
            file.name()
        );
        return Err(error(problem));
    }
    for (field, value) in value.fields() {
        let of_another_type = || error(format!("`{}` is of another type than in {FILE}", field.name()));
        match field.name() {
            "public" => said.public = Some(value.as_bool().ok_or_else(of_another_type)?),
            "no_replay" => said.no_replay = Some(value.as_bool().ok_or_else(of_another_type)?),
            "replay_buffer_bytes" => said.replay_buffer_bytes = Some(bytes(value).ok_or_else(of_another_type)?),
            unknown => return Err(error(format!("this version knows no `{unknown}`: update build-support"))),
        }
    }
    if let Some(unknown) = value.unknown_fields().next() {
        let problem = format!("this version knows no field of number {}: update build-support", unknown.number());
        return Err(error(problem));
    }
    match contradiction(said) {
        Some(problem) => Err(error(format!("{problem}{}", if_foreign(path)))),
        None => Ok(said),
    }
}

fn bytes(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|bytes| usize::try_from(bytes).ok())
}

/// What holds for a method: what it says itself, else what its service says.
fn resolve(of_service: Said, own: Said, path: &RpcPath) -> Result<Option<Declared>, Error> {
    // A service may say less than its method, but not the contrary.
    let inherited = Said {
        public: of_service.public.filter(|_| own.public.is_none()),
        no_replay: of_service.no_replay.filter(|_| own.no_replay.is_none() && own.public != Some(true)),
        replay_buffer_bytes: of_service
            .replay_buffer_bytes
            .filter(|_| own.replay_buffer_bytes.is_none() && own.public != Some(true) && own.no_replay != Some(true)),
    };
    let together = Said {
        public: own.public.or(inherited.public),
        no_replay: own.no_replay.or(inherited.no_replay),
        replay_buffer_bytes: own.replay_buffer_bytes.or(inherited.replay_buffer_bytes),
    };
    if let Some(problem) = contradiction(together) {
        let problem =
            format!("{problem}; what its service says counts too, unless the method says `false`{}", if_foreign(path));
        return Err(Error::Options { path: path.to_string(), problem });
    }
    Ok(match together {
        Said { public: Some(true), .. } => Some(Declared::Public),
        Said { no_replay: Some(true), .. } => Some(Declared::NoReplay),
        Said { replay_buffer_bytes: Some(bytes), .. } => Some(Declared::ReplayBufferBytes(bytes)),
        _ => None,
    })
}

/// What those do who cannot change the file.
fn if_foreign(path: &RpcPath) -> String {
    format!(" (or take none of this from the file, with `.ignore_options(\"{path}\")` in build.rs)")
}

fn contradiction(said: Said) -> Option<String> {
    let set = [
        ("public", said.public == Some(true)),
        ("no_replay", said.no_replay == Some(true)),
        ("replay_buffer_bytes", said.replay_buffer_bytes.is_some()),
    ];
    let mut set = set.into_iter().filter_map(|(name, set)| set.then_some(name));
    let (first, second) = (set.next()?, set.next()?);
    Some(format!("`{first}` and `{second}` cannot both hold: keep one of them"))
}
