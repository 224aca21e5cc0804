//! Dependencies as a page prints them: a manifest has them, with these features, whatever way it writes the version.

/// The features that a line asks for.
fn features(line: &str) -> Vec<&str> {
    let list = line.split("features = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    list.split(',').map(|feature| feature.trim().trim_matches('"')).filter(|feature| !feature.is_empty()).collect()
}

/// Section, name and the rest of each dependency.
fn dependencies(manifest: &str) -> Vec<(&str, &str, &str)> {
    let (mut section, mut found) = ("", Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, rest)) = line.split_once('=') {
            found.push((section, name.trim().trim_end_matches(".workspace"), rest));
        }
    }
    found
}

pub(crate) fn has_dependencies(manifest: &str, printed: &str) -> bool {
    let there = dependencies(manifest);
    let printed = dependencies(printed);
    !printed.is_empty()
        && printed.iter().all(|(section, name, rest)| {
            there.iter().any(|(other_section, other_name, other)| {
                let all = features(other);
                section == other_section
                    && name == other_name
                    && features(rest).iter().all(|feature| all.contains(feature))
            })
        })
}

#[test]
fn dependencies_are_compared_by_section_name_and_features() {
    let manifest = "[dependencies]\na = { workspace = true, features = [\"x\", \"y\"] }\nb.workspace = true\n";
    assert!(has_dependencies(manifest, "[dependencies]\na = { version = \"1\", features = [\"y\"] }\nb = \"0.1\"\n"));
    assert!(!has_dependencies(manifest, "[dependencies]\na = { version = \"1\", features = [\"z\"] }\n"));
    assert!(!has_dependencies(manifest, "[dev-dependencies]\nb = \"0.1\"\n"));
    assert!(!has_dependencies(manifest, "[dependencies]\nc = \"0.1\"\n"));
    assert!(!has_dependencies(manifest, ""));
}
