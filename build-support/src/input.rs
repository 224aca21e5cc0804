//! What was given to compile, as checked descriptors.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorSet;
use protox::file::{
    ChainFileResolver, DescriptorSetFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

use crate::allowed;
use crate::caught::catch;
use crate::edition::{self, BYTE_ORDER_MARK};
use crate::error::Error;
use crate::options;

/// Where the files are that every compiler brings along.
const WELL_KNOWN: &str = "google/protobuf/";

/// Descriptors that fit together.
pub(crate) struct Input {
    pub(crate) descriptors: FileDescriptorSet,
    /// The same with extensions, which `prost_types` drops, where they were given with them.
    pub(crate) pool: DescriptorPool,
}

/// Compiles proto files with protox.
pub(crate) fn protos(protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<protox::Compiler, Error> {
    let mut resolver = ChainFileResolver::new();
    for include in includes {
        resolver.add(Include::new(include.as_ref()));
    }
    resolver.add(OptionsResolver);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    match compiler.open_files(protos) {
        Ok(_) => Ok(compiler),
        Err(error) => Err(edition::explain(error, includes)),
    }
}

/// Reads an encoded descriptor set. An error in its encoding is made an error by `malformed`.
pub(crate) fn bytes(bytes: &[u8], malformed: impl Fn(prost::DecodeError) -> Error) -> Result<Input, Error> {
    let descriptors = FileDescriptorSet::decode(bytes).map_err(&malformed)?;
    check_imports(&descriptors)?;
    edition::check(&descriptors)?;
    let check = |bytes: &[u8]| {
        let resolver = DescriptorSetFileResolver::decode(bytes).map_err(&malformed)?;
        check_types(resolver, &descriptors)
    };
    let compiler = check(bytes).or_else(|refused| match allowed::rewritten(bytes) {
        Some(rewritten) => check(&rewritten),
        None => Err(refused),
    })?;
    Ok(Input { pool: compiler.descriptor_pool(), descriptors: completed(descriptors, &compiler) })
}

/// Without its imports a set still compiles, to code that names types which are nowhere.
fn check_imports(descriptors: &FileDescriptorSet) -> Result<(), Error> {
    let files: HashSet<_> = descriptors.file.iter().map(|file| file.name()).collect();
    for file in &descriptors.file {
        // prost has the well-known types in a crate of its own.
        let missing = |import: &&String| !files.contains(import.as_str()) && !import.starts_with(WELL_KNOWN);
        if let Some(import) = file.dependency.iter().find(missing) {
            return Err(Error::MissingImport { file: file.name().to_owned(), import: import.clone() });
        }
    }
    Ok(())
}

/// prost takes for granted that a compiler made the descriptors, and generates nonsense where that is not so.
fn check_types(
    resolver: DescriptorSetFileResolver,
    descriptors: &FileDescriptorSet,
) -> Result<protox::Compiler, Error> {
    let mut all = ChainFileResolver::new();
    all.add(resolver);
    all.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(all);
    compiler.include_imports(true);
    let names = descriptors.file.iter().map(|file| file.name());
    catch(|| compiler.open_files(names).map(|_| ()))?.map_err(Error::Descriptors)?;
    Ok(compiler)
}

/// The set with the well-known files that it lacks. Python's modules and some registries leave them out, and prost
/// panics where it wants to know whether a type of theirs can be compared.
fn completed(mut descriptors: FileDescriptorSet, compiler: &protox::Compiler) -> FileDescriptorSet {
    let there: HashSet<_> = descriptors.file.iter().map(|file| file.name().to_owned()).collect();
    let mut all = compiler.file_descriptor_set().file;
    all.retain(|file| !there.contains(file.name()));
    all.append(&mut descriptors.file);
    FileDescriptorSet { file: all }
}

/// Finds the files below one directory.
///
/// Some APIs bring a copy of `google/protobuf/descriptor.proto` that protox cannot read. It brings one of its own.
#[derive(Debug)]
struct Include {
    directory: PathBuf,
    files: IncludeFileResolver,
}

// === impl Include ===

impl Include {
    fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), files: IncludeFileResolver::new(directory.to_owned()) }
    }

    /// Some editors write a byte order mark first. protoc passes it over, protox does not.
    fn open_without_mark(&self, name: &str) -> Option<Result<File, protox::Error>> {
        let source = fs::read_to_string(self.directory.join(name)).ok()?;
        Some(File::from_source(name, source.strip_prefix(BYTE_ORDER_MARK)?))
    }
}

impl FileResolver for Include {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.files.resolve_path(path)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let opened = self.files.open_file(name).or_else(|error| self.open_without_mark(name).unwrap_or(Err(error)));
        opened.or_else(|error| match error.is_parse() && name.starts_with(WELL_KNOWN) {
            true => GoogleFileResolver::new().open_file(name).map_err(|_| error),
            false => Err(error),
        })
    }
}

/// Finds the options file of this crate, where the user has no copy of it.
#[derive(Debug)]
struct OptionsResolver;

impl FileResolver for OptionsResolver {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name == options::FILE {
            true => File::from_source(name, options::PROTO),
            false => Err(protox::Error::file_not_found(name)),
        }
    }
}
