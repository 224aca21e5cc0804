//! Generates the annotated clients of everything three times: from two descriptor sets, and from `.proto` files.

#[path = "build/calls.rs"]
mod calls;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;
use prost_types::FileDescriptorSet;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let fetched = fetched()?;

    for (name, file, public_service) in [
        ("flyte_1", "flyteidl.binpb", "flyteidl.service.AuthMetadataService"),
        ("flyte_2", "flyteidl2.binpb", "flyteidl2.auth.AuthMetadataService"),
    ] {
        let source = Source::new(name, public_service)?;
        let descriptor_file = fetched.join(file);
        source.generator().compile_descriptor_file(&descriptor_file)?;
        source.record(FileDescriptorSet::decode(&*fs::read(&descriptor_file)?)?)?;
    }

    let source = Source::new("from_proto_files", "flyteidl.service.AuthMetadataService")?;
    let protos = fetched.join("protos");
    let includes = [protos.as_path(), Path::new("third-party-protos")];
    let files = proto_files(&protos)?;
    source.generator().compile_protos(&files, &includes)?;
    source.record(protox::compile(&files, includes)?)
}

/// Where `./fetch` has put the descriptor sets and the `.proto` files.
fn fetched() -> Result<PathBuf> {
    println!("cargo::rerun-if-env-changed=FLYTEIDL_DIR");
    let folder = env::var_os("FLYTEIDL_DIR").map_or_else(|| "../../target/flyteidl".into(), PathBuf::from);
    folder.canonicalize().map_err(|error| {
        format!("no FlyteIDL at {}: {error}; run tests/whole-flyteidl/fetch first", folder.display()).into()
    })
}

/// Every `.proto` file below the folder, in a stable order.
fn proto_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// One source of descriptors, with a folder of its own in `$OUT_DIR`: two of them have the same packages.
struct Source {
    name: &'static str,
    /// The service that clients ask before they have credentials.
    public_service: &'static str,
    folder: PathBuf,
}

impl Source {
    fn new(name: &'static str, public_service: &'static str) -> Result<Self> {
        let folder = Path::new(&env::var("OUT_DIR")?).join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self { name, public_service, folder })
    }

    fn generator(&self) -> build_support::Builder {
        build_support::configure()
            .unauthenticated(self.public_service)
            .tonic(|tonic| tonic.build_server(false).include_file("packages.rs"))
            .out_dir(&self.folder)
    }

    /// Writes what the tests compare: the descriptors, and a call of each method that they ask for.
    fn record(&self, descriptors: FileDescriptorSet) -> Result<()> {
        fs::write(self.folder.join("descriptor_set.binpb"), descriptors.encode_to_vec())?;
        calls::write(self.name, descriptors, &self.folder.join("calls.rs"))
    }
}
