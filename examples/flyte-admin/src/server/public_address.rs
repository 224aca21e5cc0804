//! Under which address a Flyte is known (`auth.authorizedUris` of flyteadmin).

use axum::http::{Uri, uri::Authority};

/// The addresses, in their order.
pub(super) struct PublicAddress {
    pub(super) own: String,
    pub(super) authorized: Vec<String>,
}

impl PublicAddress {
    /// The first that fits what was asked for, else the first of all. In a cluster the server is asked as
    /// `flyteadmin:81`, which fits none, and so names its public address.
    pub(super) fn asked_as(&self, authority: Option<&Authority>) -> &str {
        let fits = |address: &&String| {
            address.parse::<Uri>().is_ok_and(|uri| authority.is_some() && uri.authority() == authority)
        };
        self.authorized.iter().find(fits).or_else(|| self.authorized.first()).unwrap_or(&self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_was_asked_for_goes_before_the_first() {
        let authorized = ["https://flyte.example.com", "http://flyteadmin:80"].map(String::from).into();
        let address = PublicAddress { own: "http://127.0.0.1:8088".into(), authorized };
        let asked_as = |authority: &'static str| address.asked_as(Some(&Authority::from_static(authority)));
        assert_eq!(asked_as("flyteadmin:80"), "http://flyteadmin:80");
        assert_eq!(asked_as("flyteadmin:81"), "https://flyte.example.com");
        assert_eq!(address.asked_as(None), "https://flyte.example.com");
    }

    #[test]
    fn without_a_list_it_is_its_own() {
        let address = PublicAddress { own: "http://127.0.0.1:8088".into(), authorized: vec![] };
        assert_eq!(address.asked_as(None), "http://127.0.0.1:8088");
    }
}
