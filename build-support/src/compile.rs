//! From proto files or descriptors to generated files.

use std::fs;
use std::path::{Path, PathBuf};

use auth_macros_expansion::{RpcPath, Settings};
use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::caught::catch;
use crate::error::Error;
use crate::input::{self, Input};
use crate::paths::{self, Setting};
use crate::read_back::{ReadBack, read_back, skips_protoc_run};
use crate::{expansion_file, lost_options, options, protoc, rerun};

/// What gzip writes first. `buf build -o api.binpb.gz` does so.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A builder whose settings were found well formed.
pub(crate) struct Plan {
    tonic: tonic_prost_build::Builder,
    prost: prost_build::Config,
    options: ReadBack,
    settings: Settings,
    paths: Vec<(Setting, RpcPath)>,
}

// === impl Plan ===

impl Plan {
    pub(crate) fn new(
        tonic: tonic_prost_build::Builder,
        prost: prost_build::Config,
        out_dir: Option<PathBuf>,
        settings: Settings,
        paths: Vec<(Setting, RpcPath)>,
    ) -> Self {
        let mut options = read_back(&tonic, &prost);
        options.out_dir = out_dir.or(options.out_dir);
        Self { tonic, prost, options, settings, paths }
    }

    /// With protox, or with the installed protoc.
    pub(crate) fn compile_protos(
        mut self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
        protoc: bool,
    ) -> Result<(), Error> {
        let kept = self.options.file_descriptor_set_path.clone();
        // With `skip_protoc_run` tonic and prost take the descriptors from a file, whatever the proto files are.
        // Where protoc is asked for it is prost that obeys this.
        if let Some(path) = &kept
            && (self.options.skip_protoc_run || (!protoc && skips_protoc_run(&mut self.prost)?))
        {
            return self.compile_descriptor_file(path);
        }
        if protoc {
            let bytes = protoc::run(&mut self.prost, protos, includes, kept.as_deref())?;
            let input = input::bytes(&bytes, Error::NotDescriptors)?;
            self.rerun_if_changed(|| rerun::sources(&input.descriptors, includes));
            return self.compile(input);
        }
        let compiler = input::protos(protos, includes)?;
        let descriptors = compiler.file_descriptor_set();
        self.rerun_if_changed(|| rerun::sources(&descriptors, includes));
        // protoc writes the descriptors there, and users embed the file for server reflection.
        if let Some(path) = kept {
            fs::write(&path, compiler.encode_file_descriptor_set()).map_err(|source| Error::File { path, source })?;
        }
        self.compile(Input { descriptors, pool: compiler.descriptor_pool() })
    }

    pub(crate) fn compile_descriptor_file(self, path: &Path) -> Result<(), Error> {
        self.rerun_if_changed(|| vec![path.to_owned()]);
        let bytes = fs::read(path).map_err(|source| Error::DescriptorFile { path: path.to_owned(), source })?;
        let malformed = |source| match bytes.starts_with(&GZIP) {
            true => Error::Compressed { path: Some(path.to_owned()) },
            false => Error::NotADescriptorSet { path: path.to_owned(), source },
        };
        self.compile_set(input::bytes(&bytes, malformed)?)
    }

    pub(crate) fn compile_fds_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        let malformed = |source| match bytes.starts_with(&GZIP) {
            true => Error::Compressed { path: None },
            false => Error::NotDescriptors(source),
        };
        self.compile_set(input::bytes(bytes, malformed)?)
    }

    pub(crate) fn compile_fds(self, descriptors: FileDescriptorSet) -> Result<(), Error> {
        self.compile_fds_bytes(&descriptors.encode_to_vec())
    }

    /// A set may have been decoded and encoded once more since a compiler wrote it.
    fn compile_set(self, input: Input) -> Result<(), Error> {
        let ignored: Vec<_> = paths::ignored(&self.paths).collect();
        lost_options::refuse(&input.descriptors, &input.pool, &ignored)?;
        self.compile(input)
    }

    fn rerun_if_changed(&self, files: impl FnOnce() -> Vec<PathBuf>) {
        if self.options.emit_rerun_if_changed {
            rerun::emit(files());
        }
    }

    fn compile(mut self, input: Input) -> Result<(), Error> {
        let Input { mut descriptors, pool } = input;
        paths::check(&self.paths, &descriptors)?;
        let ignored: Vec<_> = paths::ignored(&self.paths).collect();
        options::apply(&pool, &ignored, &mut self.settings)?;
        options::remove(&mut descriptors);
        let attribute = self.settings.to_attribute().map_err(Error::Settings)?;
        let out_dir = match &self.options.out_dir {
            Some(out_dir) => out_dir.clone(),
            None => std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or(Error::NoOutDir)?,
        };
        // prost's own message about a directory that is not there does not say which.
        fs::create_dir_all(&out_dir).map_err(|source| Error::File { path: out_dir.clone(), source })?;
        let tonic = self.tonic.client_mod_attribute(".", attribute).out_dir(&out_dir);
        generate(tonic, self.prost, &descriptors)?;
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
