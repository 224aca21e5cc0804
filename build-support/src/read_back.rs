//! Options that were given to tonic's and prost's builders and that concern this crate as well.
//!
//! Neither builder has getters; what both show is their `Debug`. An option that is not found there counts as not set,
//! and the tests of this file fail when a new version shows it in another way.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What was set on tonic's builder or on prost's configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadBack {
    pub(crate) out_dir: Option<PathBuf>,
    pub(crate) file_descriptor_set_path: Option<PathBuf>,
    pub(crate) skip_protoc_run: bool,
    pub(crate) emit_rerun_if_changed: bool,
    pub(crate) default_package_filename: Option<String>,
}

/// Reads the options that were set. tonic's builder counts before prost's configuration, as it does in tonic.
pub(crate) fn read_back(tonic: &tonic_prost_build::Builder, prost: &prost_build::Config) -> ReadBack {
    let (tonic, prost) = (format!("{tonic:?}"), format!("{prost:?}"));
    let path = |name: &str| {
        // `out_dir` of prost's configuration has no effect in tonic, so it has none here.
        let prost = if name == "out_dir" { "" } else { &prost };
        text(&tonic, &format!("{name}: Some(")).or_else(|| text(prost, &format!("{name}: Some("))).map(PathBuf::from)
    };
    ReadBack {
        out_dir: path("out_dir"),
        file_descriptor_set_path: path("file_descriptor_set_path"),
        skip_protoc_run: tonic.contains("skip_protoc_run: true"),
        emit_rerun_if_changed: tonic.contains("emit_rerun_if_changed: true"),
        default_package_filename: text(&prost, "default_package_filename: "),
    }
}

/// Whether tonic's builder is to take something of this package, or in it, from elsewhere.
pub(crate) fn has_extern_path(tonic: &tonic_prost_build::Builder, package: &str) -> bool {
    let shown = format!("{tonic:?}");
    let paths = shown.split_once("extern_path: [").and_then(|(_, behind)| behind.split_once(']'));
    let is_of_package = |end: char| paths.is_some_and(|(paths, _)| paths.contains(&format!("(\"{package}{end}")));
    is_of_package('"') || is_of_package('.')
}

/// Whether prost is to run no protoc and to take the descriptors from a file: the one option that its `Debug` leaves out.
///
/// Where it is set, prost reads the file that it is given here. Where it is not, prost fails, as there is no such protoc;
/// so this is not for a configuration that runs protoc afterwards.
pub(crate) fn skips_protoc_run(prost: &mut prost_build::Config) -> Result<bool, Error> {
    let directory = tempfile::tempdir().map_err(Error::Generate)?;
    let empty_set = directory.path().join("empty.binpb");
    fs::write(&empty_set, []).map_err(|source| Error::File { path: empty_set.clone(), source })?;
    let no_protoc = directory.path().join("protoc");
    let none: [&Path; 0] = [];
    Ok(prost.protoc_executable(no_protoc).file_descriptor_set_path(empty_set).load_fds(&none, &none).is_ok())
}

/// The string literal behind `label`. A quotation mark inside another option's text is shown with a backslash before
/// it, so a label with a literal behind it is never part of such a text.
fn text(shown: &str, label: &str) -> Option<String> {
    let literal = &shown[shown.find(&format!("{label}\""))? + label.len()..];
    let mut escaped = false;
    let end = literal.char_indices().skip(1).find_map(|(index, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(index)
    })?;
    syn::parse_str::<syn::LitStr>(&literal[..=end]).ok().map(|literal| literal.value())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ReadBack, read_back, skips_protoc_run};

    #[test]
    fn nothing_is_found_where_nothing_was_set() {
        let tonic = tonic_prost_build::configure().emit_rerun_if_changed(false);
        let expected = ReadBack { default_package_filename: Some("_".to_owned()), ..ReadBack::default() };
        assert_eq!(read_back(&tonic, &prost_build::Config::new()), expected);
    }

    #[test]
    fn what_was_set_on_either_builder_is_found() {
        let odd = r#"a "quoted" \ näme"#;
        let tonic = tonic_prost_build::configure()
            .type_attribute(".", r#"#[doc = "out_dir: Some(\"x\")"]"#)
            .emit_rerun_if_changed(true)
            .skip_protoc_run()
            .out_dir(odd);
        let mut prost = prost_build::Config::new();
        prost.file_descriptor_set_path("set.binpb").default_package_filename("root").out_dir("ignored");
        let found = read_back(&tonic, &prost);
        assert_eq!(found.out_dir.as_deref(), Some(Path::new(odd)));
        assert_eq!(found.file_descriptor_set_path.as_deref(), Some(Path::new("set.binpb")));
        assert_eq!(found.default_package_filename.as_deref(), Some("root"));
        assert!(found.skip_protoc_run && found.emit_rerun_if_changed);

        let tonic = tonic.file_descriptor_set_path("other.binpb");
        let found = read_back(&tonic, &prost);
        assert_eq!(found.file_descriptor_set_path.as_deref(), Some(Path::new("other.binpb")));
    }

    #[test]
    fn a_protoc_that_prost_is_not_to_run_is_found_without_a_trace() {
        let mut prost = prost_build::Config::new();
        prost.file_descriptor_set_path("never-written.binpb");
        assert!(skips_protoc_run(&mut prost).is_ok_and(|skips| !skips));
        prost.skip_protoc_run();
        assert!(skips_protoc_run(&mut prost).is_ok_and(|skips| skips));
        assert!(!Path::new("never-written.binpb").exists());
    }
}
