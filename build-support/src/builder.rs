//! The builder: what a build script says.

use std::path::{Path, PathBuf};

use auth_macros_expansion::{RpcPath, Settings};
use prost_types::FileDescriptorSet;

use crate::compile::Plan;
use crate::error::Error;
use crate::options;
use crate::paths::{self, Setting};
use crate::read_back;

/// Generates tonic's code with an authenticated client beside each of tonic's own.
#[must_use = "nothing is generated before `compile_protos` or one of its like"]
pub fn configure() -> Builder {
    Builder {
        tonic: tonic_prost_build::configure(),
        prost: prost_build::Config::new(),
        out_dir: None,
        settings: vec![],
        runtime: None,
        protoc: false,
    }
}

/// Puts the attribute on all clients of a builder of one's own. A second call does no harm.
///
/// This is the one line for a `build.rs` that exists already. Settings per service or method, and generation without
/// `protoc`, are to be had with [`configure`], and so are the expansions as files.
///
/// What proto files declare with `authenticated_client/options.proto` cannot be seen from here. Where that file is
/// imported, generation ends with an error that says so, rather than with clients that do not obey it. For this prost has to
/// generate the messages of the package `authenticated_client`: an `extern_path` for them is an error if it is set before
/// this call, and is not seen if it is set afterwards.
#[must_use]
pub fn annotate(builder: tonic_prost_build::Builder) -> tonic_prost_build::Builder {
    let has_extern_path = read_back::has_extern_path(&builder, options::MESSAGES);
    let builder = builder
        .client_mod_attribute(".", "#[::auth_runtime::authenticated_client]")
        .type_attribute(options::MESSAGES, options::unread_by_annotate());
    match has_extern_path {
        true => builder.extern_path(options::unread_by_annotate_with_extern_path(), "unread"),
        false => builder,
    }
}

/// Options for code generation, made by [`configure`].
#[must_use = "nothing is generated before `compile_protos` or one of its like"]
#[derive(Debug)]
pub struct Builder {
    tonic: tonic_prost_build::Builder,
    prost: prost_build::Config,
    out_dir: Option<PathBuf>,
    settings: Vec<(Setting, String)>,
    runtime: Option<String>,
    protoc: bool,
}

// === impl Builder ===

impl Builder {
    /// A service (`"package.Service"`) or one method (`"package.Service/Method"`) that never gets credentials: calls
    /// carry no header, and a rejection starts no login.
    pub fn unauthenticated(mut self, path: impl Into<String>) -> Self {
        self.settings.push((Setting::Unauthenticated, path.into()));
        self
    }

    /// A service or method that gets credentials, but is never sent twice. For calls that act before a gateway behind
    /// the server may answer UNAUTHENTICATED: the error goes to the caller, the next call gets new credentials. Such a
    /// call waits for a login in place of finding out by a rejection whether one is needed.
    pub fn no_replay(mut self, path: impl Into<String>) -> Self {
        self.settings.push((Setting::NoReplay, path.into()));
        self
    }

    /// How many bytes of the request stream of a service's methods, or of one method, are kept for a replay. Once more
    /// has been sent, the call is not replayed. What is set for a method counts before what is set for its service.
    ///
    /// For a method that takes one message it is an error: that message is always kept.
    pub fn replay_buffer_bytes(mut self, path: impl Into<String>, bytes: usize) -> Self {
        self.settings.push((Setting::ReplayBufferBytes(bytes), path.into()));
        self
    }

    /// The name of a service's authenticated client: `Authenticated` and the name of tonic's client by default.
    ///
    /// For services of which one is called as the authenticated client of another, such as `Calls` and
    /// `AuthenticatedCalls`.
    pub fn client_name(mut self, service: impl Into<String>, name: impl Into<String>) -> Self {
        self.settings.push((Setting::ClientName(name.into()), service.into()));
        self
    }

    /// A service or method that does not obey what its proto file declares with `authenticated_client/options.proto`.
    ///
    /// What other methods of this builder set counts before what is declared; this is for what they cannot take back.
    pub fn ignore_options(mut self, path: impl Into<String>) -> Self {
        self.settings.push((Setting::IgnoreOptions, path.into()));
        self
    }

    /// Compiles with the installed protoc, for files that protox cannot read, such as those with `extensions 100
    /// [declaration = ..]`.
    ///
    /// It is the protoc in the environment variable `PROTOC`, else in `PATH`. `.prost(..)` gives it another place
    /// (`protoc_executable`) and arguments (`protoc_arg`).
    pub fn protoc(mut self) -> Self {
        self.protoc = true;
        self
    }

    /// Where the generated code finds the runtime, if it is not the crate `auth_runtime`: `"my_auth"` for
    /// `my_auth = { package = "auth-runtime", .. }`, or a path such as `"crate::auth"` to a module that exports all of
    /// it. It is written into each generated module, so it cannot begin with `self` or `super`.
    pub fn runtime_crate(mut self, path: impl Into<String>) -> Self {
        self.runtime = Some(path.into());
        self
    }

    /// Any option of tonic's builder: `.tonic(|tonic| tonic.build_server(false))`.
    ///
    /// `protoc_arg` has no effect: it is to be set in [`prost`](Self::prost).
    pub fn tonic(mut self, options: impl FnOnce(tonic_prost_build::Builder) -> tonic_prost_build::Builder) -> Self {
        self.tonic = options(self.tonic);
        self
    }

    /// Any option of prost's configuration: `.prost(|prost| prost.btree_map(["."]))`.
    ///
    /// `protoc_arg` and `protoc_executable` have an effect only with [`protoc`](Self::protoc): no other protoc is run.
    pub fn prost(mut self, options: impl FnOnce(&mut prost_build::Config) -> &mut prost_build::Config) -> Self {
        options(&mut self.prost);
        self
    }

    /// Where to write the generated files: `OUT_DIR` by default. The directory is made if it is not there.
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// The attribute with this builder's settings, for generators of one's own that take attributes for client
    /// modules, such as `tonic_build::CodeGenBuilder` for services without a proto file. What proto files declare is not in it.
    ///
    /// # Errors
    ///
    /// If a path or a name is malformed, or if two settings contradict each other. That each path names something cannot be
    /// checked without descriptors.
    pub fn attribute(&self) -> Result<String, Error> {
        self.settings()?.to_attribute().map_err(Error::Settings)
    }

    /// Compiles proto files and what they import. Paths are those of files, each inside one of the `includes`.
    ///
    /// Under Cargo the build script runs again when one of these files changes, unless tonic's `emit_rerun_if_changed`
    /// is switched off.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or understood, if a setting names no service or method, or if the code cannot be
    /// generated or written.
    pub fn compile_protos(self, protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
        let protoc = self.protoc;
        self.plan()?.compile_protos(protos, includes, protoc)
    }

    /// Compiles a descriptor set. Descriptors carry comments only if they were made with source information.
    ///
    /// `prost_types` drops the extensions of options, and with them what proto files declare:
    /// [`compile_descriptor_file`](Self::compile_descriptor_file) sees it.
    ///
    /// # Errors
    ///
    /// If the descriptors are incomplete or contradict each other, if a file with a service that is not
    /// [ignored](Self::ignore_options) imports `authenticated_client/options.proto`, if a setting names no service or method,
    /// or if the code cannot be generated or written.
    pub fn compile_fds(self, descriptors: FileDescriptorSet) -> Result<(), Error> {
        self.plan()?.compile_fds(descriptors)
    }

    /// Compiles an encoded descriptor set, as [`compile_descriptor_file`](Self::compile_descriptor_file) reads it: the bytes
    /// that protoc or buf wrote. Where `prost_types` has decoded and encoded them since, what proto files declare is lost.
    ///
    /// # Errors
    ///
    /// If the bytes are not a descriptor set, if the descriptors are incomplete or contradict each other, if a file with a
    /// service that is not [ignored](Self::ignore_options) imports `authenticated_client/options.proto` and nothing in the set
    /// has one of its options, if a setting names no service or method, or if the code cannot be generated or written.
    pub fn compile_fds_bytes(self, descriptors: impl AsRef<[u8]>) -> Result<(), Error> {
        self.plan()?.compile_fds_bytes(descriptors.as_ref())
    }

    /// Compiles a file with an encoded descriptor set: `buf build -o example.binpb`, or
    /// `protoc --include_imports --include_source_info -o example.binpb`.
    ///
    /// Under Cargo the build script runs again when the file changes, unless tonic's `emit_rerun_if_changed` is
    /// switched off.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, and as [`compile_fds_bytes`](Self::compile_fds_bytes).
    pub fn compile_descriptor_file(self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.plan()?.compile_descriptor_file(path.as_ref())
    }

    /// Everything that can be checked before a file is opened.
    fn plan(self) -> Result<Plan, Error> {
        let settings = self.settings()?;
        settings.to_attribute().map_err(Error::Settings)?;
        let paths = paths::parse(&self.settings)?;
        Ok(Plan::new(self.tonic, self.prost, self.out_dir, settings, paths))
    }

    fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for (setting, path) in &self.settings {
            let path = RpcPath::parse(path).map_err(Error::MalformedPath)?;
            match setting {
                Setting::Unauthenticated => settings.unauthenticated(path),
                Setting::NoReplay => settings.no_replay(path),
                Setting::ReplayBufferBytes(bytes) => settings.replay_buffer_bytes(path, *bytes),
                Setting::ClientName(name) => settings.client_name(path, name.clone()),
                // What is declared is read with the descriptors.
                Setting::IgnoreOptions => {}
            }
        }
        if let Some(path) = &self.runtime {
            settings.runtime_crate(path.clone());
        }
        Ok(settings)
    }
}
