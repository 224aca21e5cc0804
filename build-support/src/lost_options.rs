//! Descriptor sets that have lost what proto files declare.

use std::collections::HashSet;

use auth_macros_expansion::RpcPath;
use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, ServiceDescriptor};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::error::Error;
use crate::options::{PACKAGE, declares_options};

/// Descriptors that lost their extensions do not say what is declared. Nobody is to take that for nothing.
///
/// A file that imports the options and uses none of them looks the same. It is an error too: what is public or must not be
/// sent twice is worth a line in the build script.
pub(crate) fn refuse(
    descriptors: &FileDescriptorSet,
    pool: &DescriptorPool,
    ignored: &[&RpcPath],
) -> Result<(), Error> {
    let extension = |name: &str| pool.get_extension_by_name(&format!("{PACKAGE}.{name}"));
    let (of_services, of_methods) = (extension("service"), extension("method"));
    let has = |options: DynamicMessage, extension: &Option<ExtensionDescriptor>| {
        extension.as_ref().is_some_and(|extension| options.has_extension(extension))
    };
    let is_kept = |service: ServiceDescriptor| {
        has(service.options(), &of_services) || service.methods().any(|method| has(method.options(), &of_methods))
    };
    if pool.services().any(is_kept) {
        return Ok(());
    }
    let importing = importing(descriptors);
    let of_service = |service: &ServiceDescriptor| importing.contains(service.parent_file().name());
    let counts = |service: &ServiceDescriptor| !ignored.iter().any(|path| path.to_string() == service.full_name());
    match pool.services().find(|service| of_service(service) && counts(service)) {
        Some(service) => Err(Error::UnseenOptions { file: service.parent_file().name().to_owned() }),
        None => Ok(()),
    }
}

/// The files in which the options may be used: those that import them, or a file that hands them on.
fn importing(descriptors: &FileDescriptorSet) -> HashSet<&str> {
    let files = &descriptors.file;
    let mut sources: HashSet<_> = files.iter().filter(|file| declares_options(file)).map(|file| file.name()).collect();
    loop {
        let hands_on = |file: &&FileDescriptorProto| {
            let mut public = file.public_dependency.iter().filter_map(|index| usize::try_from(*index).ok());
            public.any(|index| file.dependency.get(index).is_some_and(|import| sources.contains(import.as_str())))
        };
        let more: Vec<_> = files.iter().filter(hands_on).map(|file| file.name()).collect();
        let before = sources.len();
        sources.extend(more);
        if sources.len() == before {
            break;
        }
    }
    let imports = |file: &&FileDescriptorProto| file.dependency.iter().any(|import| sources.contains(import.as_str()));
    files.iter().filter(imports).map(|file| file.name()).collect()
}
