//! Flyte's address as people write it.

/// The URL that `text` stands for. `--insecure` only speaks for an address that does not say itself how it is spoken to.
pub(super) fn endpoint_url(text: &str, insecure: bool) -> String {
    let host = match text.split_once("://") {
        Some(("dns", host)) => host.trim_start_matches('/'),
        Some(_) => return text.into(),
        None => text,
    };
    let scheme = if insecure { "http" } else { "https" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::endpoint_url;

    #[test]
    fn an_address_without_a_scheme_gets_tls_unless_told_otherwise() {
        assert_eq!(endpoint_url("flyte.example.com", false), "https://flyte.example.com");
        assert_eq!(endpoint_url("dns:///flyte.example.com:81", false), "https://flyte.example.com:81");
        assert_eq!(endpoint_url("localhost:30080", true), "http://localhost:30080");
    }

    #[test]
    fn a_scheme_is_left_alone() {
        assert_eq!(endpoint_url("https://flyte.example.com", true), "https://flyte.example.com");
        assert_eq!(endpoint_url("http://127.0.0.1:8089", false), "http://127.0.0.1:8089");
    }
}
