//! What can go wrong in a build script, and what to do about it.

use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why no code was generated.
///
/// `Debug` shows the message and its causes: a `main` that returns the error prints it in that way.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path in one of the builder's settings is not written as a path.
    #[error(transparent)]
    MalformedPath(auth_macros_expansion::PathError),

    /// Two settings contradict each other, or one of them is no name.
    #[error(transparent)]
    Settings(auth_macros_expansion::SettingsError),

    /// A path in one of the builder's settings names nothing that is compiled.
    #[error("{setting}({path:?}) names no {kind} in the compiled files{}", near_ones(near))]
    UnknownPath {
        /// The method of the builder that took the path.
        setting: &'static str,
        /// The path as it was given.
        path: String,
        /// What the path should have named: a service or a method.
        kind: &'static str,
        /// What exists and is written alike, the nearest first.
        near: Vec<String>,
    },

    /// A proto file cannot be read or understood. The message says in which file and line.
    // protox says the place only in its `Debug`.
    #[error("{}", cannot_compile(.0))]
    Protos(#[source] protox::Error),

    /// A proto file is written in an edition of protobuf, for which prost generates no code yet.
    #[error(
        "{file} is written in an edition of protobuf, for which prost generates no code yet, whoever compiles it: write \
         it with `syntax = \"proto3\"` instead of `edition = ..`, or take it from a release before"
    )]
    Edition {
        /// The file, by the name that others import it by.
        file: String,
    },

    /// protoc was asked for, and is not installed or does not compile the files. The source has its words.
    #[error("protoc failed")]
    Protoc(#[source] std::io::Error),

    /// A proto file declares something of a service or method that cannot hold, or that this version does not know.
    #[error("the options of `{path}`, declared in its proto file: {problem}")]
    Options {
        /// The service or the method.
        path: String,
        /// What is wrong with them.
        problem: String,
    },

    /// Proto files use the options of `authenticated_client/options.proto`, which cannot be read from what was given.
    #[error(
        "{file} imports the options of authenticated_client, and no service or method in the descriptor set has one: \
         prost_types drops them where it decodes a set. Compile the proto files with `.compile_protos(..)`, or the bytes as \
         protoc or buf wrote them, with `.compile_descriptor_file(..)` or `.compile_fds_bytes(..)`. If the file uses none of \
         the options, take the import out, or add `.ignore_options(..)` for each of its services"
    )]
    UnseenOptions {
        /// The file that imports them.
        file: String,
    },

    /// `replay_buffer_bytes` is set for a method without a request stream.
    #[error(
        "replay_buffer_bytes({path:?}) has no effect: the method takes one message, and no stream of them; leave the \
         setting out"
    )]
    NoRequestStream {
        /// The path as it was given.
        path: String,
    },

    /// The authenticated client of a service is to be called as tonic's own, which is in the same module.
    #[error(
        "client_name({service:?}, {name:?}) is the name of tonic's own client, beside which the authenticated one stands: \
         choose another name with `.client_name(..)`, or leave it out"
    )]
    NameOfTonicsClient {
        /// The service.
        service: String,
        /// The name as it was given.
        name: String,
    },

    /// The descriptor file cannot be read.
    #[error("cannot read the descriptor file {}", path.display())]
    DescriptorFile {
        /// The file as it was given.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },

    /// The descriptor file is not an encoded `FileDescriptorSet`.
    #[error("{} is not a FileDescriptorSet: {}", path.display(), how_to_write(path))]
    NotADescriptorSet {
        /// The file as it was given.
        path: PathBuf,
        /// What is wrong with its bytes.
        source: prost::DecodeError,
    },

    /// The descriptor set is compressed.
    #[error("the descriptor set{} is compressed with gzip: hand it on uncompressed (`gunzip`)", of_file(path.as_deref()))]
    Compressed {
        /// The file as it was given, if it is one.
        path: Option<PathBuf>,
    },

    /// The bytes are not an encoded `FileDescriptorSet`.
    #[error("the bytes are not an encoded FileDescriptorSet")]
    NotDescriptors(#[source] prost::DecodeError),

    /// The descriptor set lacks a file that one of its files imports.
    #[error(
        "{file} imports {import}, which is not in the descriptor set: write the set with its imports \
         (`protoc --include_imports`; `buf build` does so by itself)"
    )]
    MissingImport {
        /// The file that imports.
        file: String,
        /// The file that is not there.
        import: String,
    },

    /// The descriptor set is not one that a compiler makes.
    #[error("the descriptor set is not valid: {0:?}")]
    Descriptors(#[source] protox::Error),

    /// There is nowhere to write to.
    #[error("OUT_DIR is not set: call this from build.rs, or choose a directory with `.out_dir(..)`")]
    NoOutDir,

    /// tonic's generated code is not as this version knows it.
    #[error("cannot expand the clients in {}: {}", path.display(), all_of(source))]
    Expansion {
        /// The generated file.
        path: PathBuf,
        /// What the attribute would say there.
        source: syn::Error,
    },

    /// tonic-prost-build panicked.
    #[error(
        "the code generator panicked: {0}; look for a malformed option in `.tonic(..)` or `.prost(..)`, or for a \
         damaged descriptor set"
    )]
    Panic(String),

    /// tonic-prost-build failed.
    #[error("tonic-prost-build failed")]
    Generate(#[source] std::io::Error),

    /// A file cannot be written or read.
    #[error("cannot access {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        // The message of a variant that shows its cause already is not repeated.
        if matches!(self, Self::Protos(_) | Self::Descriptors(_) | Self::Expansion { .. }) {
            return Ok(());
        }
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// protoc reads more than protox, such as `extensions .. [declaration = ..]`, and allows more with some options.
fn cannot_compile(error: &protox::Error) -> String {
    let allowed = ["conflicts with field '", "a field with JSON name", "invalid field number"];
    let text = error.to_string();
    let elsewhere = match error.is_parse() || allowed.iter().any(|allowed| text.contains(allowed)) {
        true => "; if protoc compiles it, add `.protoc()`, which uses the installed one",
        false => "",
    };
    format!("cannot compile the proto files: {error:?}{elsewhere}")
}

/// A command that does not overwrite what is there.
fn how_to_write(path: &Path) -> String {
    let is_proto = path.extension().is_some_and(|extension| extension == "proto");
    let (other_way, set) = match is_proto {
        true => ("compile proto files with `.compile_protos(..)`, or ", path.with_extension("binpb")),
        false => ("", path.to_owned()),
    };
    let set = set.display();
    format!("{other_way}write a set with `buf build -o {set}` or `protoc --include_imports -o {set}`")
}

fn of_file(path: Option<&Path>) -> String {
    path.map(|path| format!(" {}", path.display())).unwrap_or_default()
}

fn near_ones(near: &[String]) -> String {
    match near {
        [] => ": there are none".to_owned(),
        near => format!(": is it {}?", near.iter().map(|path| format!("{path:?}")).collect::<Vec<_>>().join(" or ")),
    }
}

/// A `syn::Error` is several; its `Display` is the first.
fn all_of(errors: &syn::Error) -> String {
    errors.clone().into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("; ")
}
