//! `<package>.authenticated-clients.rs`: what the attribute adds to a package's clients, formatted, for people to read and to
//! put under review.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use prost_build::Module;
use prost_types::FileDescriptorSet;
use quote::ToTokens as _;

use crate::error::Error;

/// What the file is called behind its package. prost writes none with a hyphen: a package's name has no such character.
const SUFFIX: &str = "authenticated-clients.rs";
const HEADING: &str = "// What #[authenticated_client] adds to the clients of this package. Not compiled.\n";

/// Writes one file for each package with annotated clients. `default` is prost's name for the file without a package.
pub(crate) fn write_all(out_dir: &Path, descriptors: &FileDescriptorSet, default: &str) -> Result<(), Error> {
    let packages: BTreeSet<_> = descriptors.file.iter().map(|file| file.package()).collect();
    let modules: BTreeSet<_> = packages.into_iter().map(Module::from_protobuf_package_name).collect();
    for module in modules {
        let generated = out_dir.join(module.to_file_name_or(default));
        let expansion = generated.with_extension(SUFFIX);
        match expand(&generated)? {
            Some(formatted) => write_if_changed(&expansion, &formatted)?,
            // Left over from a build with clients.
            None => remove_if_there(&expansion)?,
        }
    }
    Ok(())
}

fn expand(generated: &Path) -> Result<Option<String>, Error> {
    let source = match fs::read_to_string(generated) {
        Ok(source) => source,
        // prost writes no file for a package without messages and services of its own.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::File { path: generated.to_owned(), source }),
    };
    let explain = |source| Error::Expansion { path: generated.to_owned(), source };
    let clients = auth_macros_expansion::expanded_clients(&source).map_err(explain)?;
    if clients.is_empty() {
        return Ok(None);
    }
    let (expanded, refused): (Vec<_>, Vec<_>) = clients.into_iter().partition(Result::is_ok);
    let tokens = expanded.into_iter().flatten().map(|client| client.to_token_stream()).collect();
    let formatted = prettyplease::unparse(&syn::parse2(tokens).map_err(explain)?);
    // A file may bring services that nobody uses. Where such a module is compiled, the attribute says this once more.
    let refused = refused.into_iter().filter_map(Result::err).flatten().map(|error| format!("// error: {error}\n"));
    Ok(Some(format!("{HEADING}{}{formatted}", refused.collect::<String>())))
}

/// An unchanged file keeps its time, so that nothing is built again because of it.
fn write_if_changed(path: &Path, contents: &str) -> Result<(), Error> {
    if fs::read_to_string(path).is_ok_and(|written| written == contents) {
        return Ok(());
    }
    fs::write(path, contents).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::File { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}
