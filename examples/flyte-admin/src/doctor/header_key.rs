//! The header that carries the token.

use auth_runtime::{ServerDetails, flyte::Config};

use super::{configuration::place, finding::Finding};
use crate::exit::Failure;

const CHECK: &str = "header key";
const DEFAULT: &str = "authorization";

pub(super) fn check(config: &Config, details: &ServerDetails) -> Finding {
    let set = config.authorization_header();
    let published = details.header_key().map(str::to_ascii_lowercase);
    match (set.value().as_deref(), published.as_deref()) {
        (None, Some(key)) if !is_header_name(key) => Finding::wrong(
            CHECK,
            Failure::Other,
            format!("the server names `{key}`, which is no header; set FLYTE_ADMIN_AUTHORIZATIONHEADER"),
        ),
        (None, Some(key)) => Finding::ok(CHECK, format!("{key}, as the server says")),
        (None, None) => Finding::ok(CHECK, format!("{DEFAULT}, as the server names none")),
        (Some(key), Some(named)) if key.to_ascii_lowercase() != named && named != DEFAULT => Finding::look(
            CHECK,
            format!(
                "{key}, from {}, and the server names {named}: it may look for the token there only",
                place(set.origin())
            ),
        ),
        (Some(key), _) => Finding::ok(CHECK, format!("{key}, from {}", place(set.origin()))),
    }
}

/// The key that calls use.
pub(super) fn in_use(config: &Config, details: &ServerDetails) -> String {
    let key = config.authorization_header().value().as_deref().or(details.header_key()).unwrap_or(DEFAULT);
    key.to_ascii_lowercase()
}

fn is_header_name(key: &str) -> bool {
    key.parse::<tonic::metadata::AsciiMetadataKey>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn what_is_set_here_wins_and_another_word_of_the_server_is_worth_a_look() {
        let config = Config::for_endpoint("https://flyte.example.com");
        let named = |key: &str| ServerDetails::new().with_header_key(key);
        assert_eq!(check(&config, &named("Flyte-Authorization")).text, "flyte-authorization, as the server says");
        assert_eq!(check(&config, &ServerDetails::new()).text, "authorization, as the server names none");
        assert_eq!(check(&config, &named("a b")).level, Level::Wrong(Failure::Other));
        let set = config.with_authorization_header("x-token".to_owned());
        assert_eq!(check(&set, &named("flyte-authorization")).level, Level::Look);
        assert_eq!(in_use(&set, &named("flyte-authorization")), "x-token");
    }
}
