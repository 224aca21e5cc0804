//! The installed protoc, for files that protox cannot read.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::options;

/// Runs protoc as prost does, and returns the bytes of the descriptor set that it writes. `kept` is where the user wants it.
pub(crate) fn run(
    prost: &mut prost_build::Config,
    protos: &[impl AsRef<Path>],
    includes: &[impl AsRef<Path>],
    kept: Option<&Path>,
) -> Result<Vec<u8>, Error> {
    let directory = tempfile::tempdir().map_err(Error::Generate)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    let ours = directory.path().join("include");
    let file = ours.join(options::FILE);
    fs::create_dir_all(file.parent().unwrap_or(&ours)).map_err(failed(&ours))?;
    fs::write(&file, options::PROTO).map_err(failed(&file))?;
    // protoc takes the first one that has a file, so a copy of the user's counts.
    let includes: Vec<&Path> = includes.iter().map(AsRef::as_ref).chain([ours.as_path()]).collect();

    let set = kept.map_or_else(|| directory.path().join("descriptors.binpb"), Path::to_owned);
    prost.file_descriptor_set_path(&set).load_fds(protos, &includes).map_err(Error::Protoc)?;
    fs::read(&set).map_err(failed(&set))
}
