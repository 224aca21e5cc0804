//! Flyte's configuration in environment variables: lines of `NAME=value`.
#![no_main]

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    sync::{Arc, Mutex, OnceLock},
};

use auth_runtime::{
    AuthError, AuthErrorKind,
    flyte::{Config, ConfigSources},
};
use fuzz::{folder, secret, settings::assert_reads_back};
use libfuzzer_sys::fuzz_target;

type Variables = BTreeMap<String, OsString>;

/// They name files, which are targets of their own.
const FILES: [&str; 4] =
    ["FLYTECTL_CONFIG", "UCTL_CONFIG", "_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", "FLYTE_TRUSTED_CONFIG"];
const SECRET: &str = "FLYTE_CREDENTIALS_CLIENT_SECRET";

fuzz_target!(|text: &[u8]| {
    let variables = variables(text);
    let outcome = load(&variables);
    match &outcome {
        Ok(config) => {
            let _ = config.endpoint_url();
            assert_reads_back(config, &folder::file("again.yaml"));
        }
        Err(error) => {
            assert_eq!(error.kind(), AuthErrorKind::Configuration, "{error:?}");
            let text = error.to_string();
            assert!(variables.keys().any(|name| text.contains(name.as_str())), "no variable is named: {text}");
        }
    }
    if let Some(Some(value)) = variables.get(SECRET).map(|secret| secret.to_str()) {
        let mut others = variables.clone();
        others.insert(SECRET.to_owned(), secret::another(value).into());
        assert_eq!(shown(&outcome), shown(&load(&others)), "what is shown depends on the secret");
    }
});

/// Variables that are read, and those that a variable names.
fn variables(text: &[u8]) -> Variables {
    let mut variables = Variables::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Some(end) = line.iter().position(|byte| *byte == b'=') else { continue };
        let Ok(name) = std::str::from_utf8(&line[..end]) else { continue };
        if known().contains(name) || name.starts_with("MY_") {
            variables.insert(name.to_owned(), OsStr::from_bytes(&line[end + 1..]).to_owned());
        }
    }
    variables
}

/// The names that are asked for where nothing is set.
fn known() -> &'static BTreeSet<String> {
    static KNOWN: OnceLock<BTreeSet<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let names = Arc::clone(&asked);
        let ask = move |name: &str| {
            names.lock().expect("one thread asks").insert(name.to_owned());
            None
        };
        sources().variables(ask).load().expect("nothing has to be set");
        let mut asked = asked.lock().expect("one thread asks").clone();
        asked.retain(|name| !FILES.contains(&name.as_str()));
        asked
    })
}

fn load(variables: &Variables) -> Result<Config, AuthError> {
    let variables = variables.clone();
    sources().variables(move |name| variables.get(name).cloned()).load()
}

fn sources() -> ConfigSources {
    let nowhere = folder::file("nothing");
    ConfigSources::new().directory(&nowhere).home(&nowhere)
}

fn shown(outcome: &Result<Config, AuthError>) -> String {
    match outcome {
        Ok(config) => format!("{config:?} {:?}", config.warnings()),
        Err(error) => format!("{error} {error:?}"),
    }
}
