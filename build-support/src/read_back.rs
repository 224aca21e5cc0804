//! Options that were given to tonic's and prost's builders and that concern this crate as well.
//!
//! Neither builder has getters; what both show is their `Debug`. An option that is not found there counts as not set,
//! and the tests of this file fail when a new version shows it in another way.

use std::path::PathBuf;

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

    use super::{ReadBack, read_back};

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
}
