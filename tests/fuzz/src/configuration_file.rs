//! What holds for a configuration file in any format.

use auth_runtime::{
    AuthError, AuthErrorKind,
    flyte::{Config, ConfigSources},
};

use crate::{
    folder,
    secret::{CANARY, assert_hidden},
    settings::assert_reads_back,
};

/// Reads `text` as the file `name`, and fails if that goes otherwise than is promised.
///
/// `may_name` tells of a line whether an error may repeat some of it: the names of settings are no secrets.
pub fn assert_is_read(text: &[u8], name: &str, may_name: impl Fn(&str) -> bool) {
    let path = folder::file(name);
    std::fs::write(&path, text).expect("there is room for a small file");
    let text = String::from_utf8_lossy(text);
    match ConfigSources::new().variables(|_| None).file(&path).load() {
        Ok(config) => {
            assert_password_is_hidden(&text, &config);
            let _ = config.endpoint_url();
            assert_reads_back(&config, &folder::file("again.yaml"));
        }
        Err(error) => {
            assert_names_a_line(&error, &path.to_string_lossy(), &text);
            if !text.split(['\n', '\r']).any(|line| line.contains(CANARY) && may_name(line)) {
                assert_hidden(&format!("{error} {error:?}"));
            }
        }
    }
}

fn assert_names_a_line(error: &AuthError, path: &str, text: &str) {
    assert_eq!(error.kind(), AuthErrorKind::Configuration, "{error:?}");
    let reason = error.to_string();
    let behind = reason.split_once(path).unwrap_or_else(|| panic!("no file is named: {reason}")).1;
    if behind.starts_with(" is not UTF-8;") {
        return;
    }
    let line =
        behind.strip_prefix(':').map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    let line: usize = line.and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("no line is named: {reason}"));
    // The end of a file counts as a line of its own.
    let lines = text.matches(['\n', '\r']).count() + 2;
    assert!((1..=lines).contains(&line), "line {line} of {lines}: {reason}");
}

/// The only secret that a file's settings can hold, before the `@` of the proxy.
fn assert_password_is_hidden(text: &str, config: &Config) {
    let Some(url) = config.http_proxy_url().value() else { return };
    let url = secrecy::ExposeSecret::expose_secret(url);
    let in_password = url.rsplit_once('@').is_some_and(|(before, _)| before.contains(CANARY));
    if in_password && text.matches(CANARY).count() == 1 {
        assert_hidden(&format!("{config:?} {:?}", config.warnings()));
    }
}
