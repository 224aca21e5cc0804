//! From proto files or descriptors to generated files.

use std::collections::HashSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use auth_macros_expansion::RpcPath;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver};

use crate::error::Error;
use crate::paths::{self, Setting};
use crate::read_back::{ReadBack, read_back};
use crate::{expansion_file, rerun};

/// A builder whose settings were found well formed.
pub(crate) struct Plan {
    tonic: tonic_prost_build::Builder,
    prost: prost_build::Config,
    options: ReadBack,
    settings: Vec<(Setting, RpcPath)>,
}

// === impl Plan ===

impl Plan {
    pub(crate) fn new(
        tonic: tonic_prost_build::Builder,
        prost: prost_build::Config,
        out_dir: Option<PathBuf>,
        settings: Vec<(Setting, RpcPath)>,
    ) -> Self {
        let mut options = read_back(&tonic, &prost);
        options.out_dir = out_dir.or(options.out_dir);
        Self { tonic, prost, options, settings }
    }

    pub(crate) fn compile_protos(
        self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<(), Error> {
        // With `skip_protoc_run` tonic and prost take the descriptors from a file, whatever the proto files are.
        if let (true, Some(path)) = (self.options.skip_protoc_run, self.options.file_descriptor_set_path.clone()) {
            return self.compile_descriptor_file(&path);
        }
        let mut compiler = protox::Compiler::new(includes).map_err(Error::Protos)?;
        compiler.include_imports(true).include_source_info(true);
        compiler.open_files(protos).map_err(Error::Protos)?;
        if self.options.emit_rerun_if_changed {
            rerun::emit(compiler.files().filter_map(|file| file.path().map(Path::to_owned)));
        }
        let descriptors = compiler.file_descriptor_set();
        // protoc writes the descriptors there, and users embed the file for server reflection.
        if let Some(path) = &self.options.file_descriptor_set_path {
            fs::write(path, compiler.encode_file_descriptor_set())
                .map_err(|source| Error::File { path: path.clone(), source })?;
        }
        self.compile(descriptors)
    }

    pub(crate) fn compile_descriptor_file(self, path: &Path) -> Result<(), Error> {
        if self.options.emit_rerun_if_changed {
            rerun::emit([path.to_owned()]);
        }
        let bytes = fs::read(path).map_err(|source| Error::DescriptorFile { path: path.to_owned(), source })?;
        let descriptors = FileDescriptorSet::decode(bytes.as_slice())
            .map_err(|source| Error::NotADescriptorSet { path: path.to_owned(), source })?;
        self.compile_fds(descriptors)
    }

    pub(crate) fn compile_fds(self, descriptors: FileDescriptorSet) -> Result<(), Error> {
        check_imports(&descriptors)?;
        check_types(&descriptors)?;
        self.compile(descriptors)
    }

    fn compile(self, descriptors: FileDescriptorSet) -> Result<(), Error> {
        paths::check(&self.settings, &descriptors)?;
        let out_dir = match &self.options.out_dir {
            Some(out_dir) => out_dir.clone(),
            None => std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or(Error::NoOutDir)?,
        };
        // prost's own message about a directory that is not there does not say which.
        fs::create_dir_all(&out_dir).map_err(|source| Error::File { path: out_dir.clone(), source })?;
        generate(self.tonic.out_dir(&out_dir), self.prost, &descriptors)?;
        let default = self.options.default_package_filename.as_deref().unwrap_or("_");
        expansion_file::write_all(&out_dir, &descriptors, default)
    }
}

/// Hands the descriptors to tonic as protoc would: in a file. tonic's `compile_fds` leaves out options that its
/// `compile_protos` honours (`with_extended_rust_types`, and the allowance for clippy on prost's types).
fn generate(
    tonic: tonic_prost_build::Builder,
    prost: prost_build::Config,
    descriptors: &FileDescriptorSet,
) -> Result<(), Error> {
    let directory = tempfile::tempdir().map_err(Error::Generate)?;
    let path = directory.path().join("descriptors.binpb");
    fs::write(&path, descriptors.encode_to_vec()).map_err(|source| Error::File { path: path.clone(), source })?;
    let generate =
        || tonic.file_descriptor_set_path(&path).skip_protoc_run().compile_with_config::<&Path>(prost, &[], &[]);
    catch(generate)?.map_err(Error::Generate)
}

/// Makes an error of a panic. The generators trust descriptors and options blindly: one attribute with a typing error,
/// or one wrong index in a set's source information, and they panic.
fn catch<T>(generator: impl FnOnce() -> T) -> Result<T, Error> {
    // What the closure owns is dropped with it, so nothing half changed is seen afterwards.
    panic::catch_unwind(AssertUnwindSafe(generator)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Error::Panic(message.unwrap_or("a panic without a message").to_owned())
    })
}

/// Without its imports a set still compiles, to code that names types which are nowhere.
fn check_imports(descriptors: &FileDescriptorSet) -> Result<(), Error> {
    let files: HashSet<_> = descriptors.file.iter().map(|file| file.name()).collect();
    for file in &descriptors.file {
        // prost has the well-known types in a crate of its own.
        let missing = |import: &&String| !files.contains(import.as_str()) && !import.starts_with("google/protobuf/");
        if let Some(import) = file.dependency.iter().find(missing) {
            return Err(Error::MissingImport { file: file.name().to_owned(), import: import.clone() });
        }
    }
    Ok(())
}

/// prost takes for granted that a compiler made the descriptors, and generates nonsense where that is not so.
fn check_types(descriptors: &FileDescriptorSet) -> Result<(), Error> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(DescriptorSetFileResolver::new(descriptors.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    let names = descriptors.file.iter().map(|file| file.name());
    catch(|| compiler.open_files(names).map(|_| ()))?.map_err(Error::Descriptors)
}
