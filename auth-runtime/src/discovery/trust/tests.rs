//! Every mix of two sources, and what is believed alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use super::*;
use EndpointKind::{Authorization, DeviceAuthorization, Token};

/// The gRPC endpoint.
const GRPC: &str = "https://flyte";
/// Who says where an endpoint is, and where that is.
const OWN: &str = "https://flyte/oauth2";
const IDP: &str = "https://idp";
const EVIL: &str = "https://evil";

/// Endpoints below these places; an empty place means none.
fn below(token: &str, authorization: &str, device: &str) -> Endpoints {
    let at = |place: &str, path: &str| (!place.is_empty()).then(|| format!("{place}/{path}"));
    Endpoints {
        token: at(token, "token"),
        authorization: at(authorization, "authorize"),
        device_authorization: at(device, "device"),
        revocation: None,
    }
}

fn all_below(place: &str) -> Endpoints {
    below(place, place, place)
}

fn metadata(issuer: &str, endpoints: Endpoints) -> IssuerMetadata {
    IssuerMetadata { issuer: issuer.to_owned(), endpoints, ..IssuerMetadata::default() }
}

struct Case<'a> {
    grpc: &'a str,
    needed: &'a [EndpointKind],
    local: Endpoints,
    local_issuer: Option<&'a str>,
    server: Endpoints,
    server_issuer: Option<&'a str>,
    has_certificate: bool,
    /// What the issuer says that is asked, if one is.
    metadata: Option<IssuerMetadata>,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            grpc: GRPC,
            needed: &[Authorization, Token],
            local: Endpoints::default(),
            local_issuer: None,
            server: Endpoints::default(),
            server_issuer: None,
            has_certificate: false,
            metadata: None,
        }
    }
}

impl Case<'_> {
    fn outcome(&self) -> Result<Believed, AuthError> {
        let (grpc, names) = (EndpointOrigin::of(self.grpc), SettingNames::default());
        let claims = Claims {
            needed: self.needed,
            local: &self.local,
            local_issuer: self.local_issuer,
            server: &self.server,
            server_issuer: self.server_issuer,
            grpc: &grpc,
            has_certificate: self.has_certificate,
            names: &names,
        };
        match claims.decide()? {
            Decision::Believe(believed) => Ok(believed),
            Decision::Ask(issuer) => {
                let metadata = self.metadata.as_ref().unwrap_or_else(|| panic!("{issuer} is asked"));
                claims.decide_by(metadata)
            }
        }
    }

    fn reason(&self) -> Reason {
        self.outcome().unwrap().reason
    }

    /// The setting that settles it.
    fn refused(&self) -> String {
        let error = self.outcome().map(|believed| format!("{believed:?}")).unwrap_err();
        let advice = error.to_string();
        assert!(advice.contains("add .") || advice.contains("allow this client"), "{advice}");
        error.setting().unwrap().to_owned()
    }
}

// === What is believed ===

#[test]
fn what_is_set_locally_is_believed_and_nobody_is_asked() {
    for (needed, local) in [
        (&[Authorization, Token][..], below(IDP, "https://login", "")),
        (&[DeviceAuthorization, Token], below(IDP, "", IDP)),
        (&[Token], below("https://idp/token?p=policy", "", "")),
    ] {
        for server in [Endpoints::default(), all_below(EVIL), all_below(OWN)] {
            for server_issuer in [None, Some(EVIL)] {
                let case =
                    Case { needed, local: local.clone(), server: server.clone(), server_issuer, ..Case::default() };
                assert_eq!(case.reason(), Reason::Local);
                assert_eq!(case.outcome().unwrap().issuer.issuer, None, "a server's issuer says nothing about them");
                let local_issuer = Some(IDP);
                assert_eq!(Case { local_issuer, ..case }.outcome().unwrap().issuer.issuer.as_deref(), Some(IDP));
            }
        }
    }
}

#[test]
fn what_is_on_the_servers_own_origin_is_believed_and_nobody_is_asked() {
    for needed in [&[Authorization, Token][..], &[DeviceAuthorization, Token], &[Token]] {
        for server_issuer in [None, Some(GRPC), Some("anything")] {
            let case = Case { needed, server: all_below(OWN), server_issuer, ..Case::default() };
            assert_eq!(case.reason(), Reason::OwnOrigin);
        }
    }
    let in_plaintext =
        Case { grpc: "http://localhost:8089", server: all_below("http://localhost:8088"), ..Case::default() };
    assert_eq!(in_plaintext.reason(), Reason::OwnOrigin);
    let partly_local = Case { local: below(OWN, "", ""), server: all_below(OWN), ..Case::default() };
    assert_eq!(partly_local.reason(), Reason::OwnOrigin);
}

#[test]
fn what_the_issuers_own_metadata_names_is_believed() {
    let said = || Some(metadata(IDP, all_below(IDP)));
    let external = Case { server: all_below(IDP), server_issuer: Some(IDP), metadata: said(), ..Case::default() };
    assert_eq!(external.reason(), Reason::PublishedIssuer);
    assert_eq!(external.outcome().unwrap().issuer.issuer.as_deref(), Some(IDP));
    let in_cluster = Case { grpc: "http://flyteadmin:81", ..external };
    assert_eq!(in_cluster.reason(), Reason::PublishedIssuer);
    let issuer_alone = Case { server_issuer: Some(IDP), metadata: said(), ..Case::default() };
    assert_eq!(issuer_alone.reason(), Reason::PublishedIssuer);
    let fitting = Case { local: below(IDP, "", ""), server_issuer: Some(IDP), metadata: said(), ..Case::default() };
    assert_eq!(fitting.reason(), Reason::PublishedIssuer);
    let otherwise_spelled = Case { server: all_below("HTTPS://IDP:443"), ..issuer_alone };
    assert_eq!(otherwise_spelled.reason(), Reason::PublishedIssuer);
}

#[test]
fn an_issuer_that_is_set_locally_wins_over_all_that_the_server_says() {
    for server in [Endpoints::default(), all_below(EVIL), all_below(OWN), below(EVIL, IDP, OWN)] {
        for server_issuer in [None, Some(EVIL)] {
            for named in [all_below(IDP), below("https://two", IDP, "https://three")] {
                let metadata = Some(metadata(IDP, named.clone()));
                let local_issuer = Some(IDP);
                let case = Case { local_issuer, server: server.clone(), server_issuer, metadata, ..Case::default() };
                let believed = case.outcome().unwrap();
                assert_eq!((believed.reason, &believed.endpoints), (Reason::LocalIssuer, &named));
            }
        }
    }
    let fitting = Case {
        local_issuer: Some(IDP),
        local: below(IDP, "", ""),
        metadata: Some(metadata(IDP, all_below(IDP))),
        ..Case::default()
    };
    assert_eq!(fitting.reason(), Reason::LocalIssuer);
}

// === What is refused ===

#[test]
fn each_mix_of_two_places_that_a_server_names_is_refused() {
    let places = [OWN, IDP, EVIL];
    for token in places {
        for other in places {
            for needed in [&[Authorization, Token][..], &[DeviceAuthorization, Token]] {
                for (server_issuer, said) in [
                    (None, None),
                    (Some(IDP), Some(metadata(IDP, all_below(IDP)))),
                    (Some(EVIL), Some(metadata(EVIL, all_below(EVIL)))),
                    (Some(EVIL), Some(metadata(EVIL, below(token, other, other)))),
                ] {
                    let server = below(token, other, other);
                    let honest = server_issuer.is_some_and(|issuer| issuer == token);
                    let case = Case { needed, server, server_issuer, metadata: said, ..Case::default() };
                    if token == other && (token == OWN || honest) {
                        case.outcome().unwrap();
                        continue;
                    }
                    // All at one place that the named issuer says is its own: no mix.
                    let claimed = case.metadata.as_ref().is_some_and(|said| said.endpoints == case.server);
                    if token == other && claimed {
                        case.outcome().unwrap();
                        continue;
                    }
                    assert_eq!(case.refused(), "issuer", "{token} {other} {server_issuer:?}");
                }
            }
        }
    }
}

#[test]
fn each_mix_of_a_local_setting_with_what_a_server_or_issuer_names_is_refused() {
    for server_place in [OWN, EVIL] {
        for (local, missing) in [(below(IDP, "", ""), "authorization_url"), (below("", IDP, ""), "token_url")] {
            let server = all_below(server_place);
            let unexplained = Case { local: local.clone(), server: server.clone(), ..Case::default() };
            assert!(["issuer", missing].contains(&unexplained.refused().as_str()));
            let said = Some(metadata(server_place, server.clone()));
            let by_issuer = Case {
                local: local.clone(),
                server,
                server_issuer: Some(server_place),
                metadata: said,
                ..Case::default()
            };
            assert!(["token_url", "authorization_url"].contains(&by_issuer.refused().as_str()));
            let said = Some(metadata(EVIL, all_below(EVIL)));
            let by_local_issuer = Case { local, local_issuer: Some(EVIL), metadata: said, ..Case::default() };
            assert!(["token_url", "authorization_url"].contains(&by_local_issuer.refused().as_str()));
        }
    }
}

#[test]
fn metadata_that_mixes_two_origins_is_refused_unless_the_issuer_is_set_or_names_itself_in_responses() {
    let mixed = || metadata(EVIL, below(EVIL, IDP, IDP));
    for needed in [&[Authorization, Token][..], &[DeviceAuthorization, Token]] {
        let case = Case { needed, server_issuer: Some(EVIL), metadata: Some(mixed()), ..Case::default() };
        assert_eq!(case.refused(), "issuer");
        let names_itself = IssuerMetadata { names_itself: true, ..mixed() };
        let case = Case { metadata: Some(names_itself), ..case };
        if needed.contains(&DeviceAuthorization) {
            // No response of a device login names an issuer.
            assert_eq!(case.refused(), "issuer");
        } else {
            let issuer = case.outcome().unwrap().issuer;
            assert!(issuer.required && issuer.check(Some(EVIL)).is_ok());
            assert!(issuer.check(None).is_err() && issuer.check(Some(IDP)).is_err());
        }
    }
    let two_hosts = Case { local_issuer: Some(EVIL), metadata: Some(mixed()), ..Case::default() };
    assert_eq!(two_hosts.reason(), Reason::LocalIssuer);
}

#[test]
fn an_issuer_speaks_for_no_endpoint_that_it_does_not_name() {
    let case = Case {
        needed: &[DeviceAuthorization, Token],
        server: all_below(IDP),
        server_issuer: Some(IDP),
        metadata: Some(metadata(IDP, below(IDP, IDP, ""))),
        ..Case::default()
    };
    assert_eq!(case.refused(), "device_authorization_url");
}

#[test]
fn without_any_endpoint_the_setting_is_named_that_is_missing() {
    assert_eq!(Case { needed: &[Token], ..Case::default() }.refused(), "token_url");
    assert_eq!(Case { local: below(IDP, "", ""), ..Case::default() }.refused(), "authorization_url");
}

#[test]
fn endpoints_of_this_machine_are_refused_from_a_server_elsewhere_and_queries_from_all() {
    let said = |place: &str| Some(metadata(place, all_below(place)));
    for host in ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "0.0.0.0:9000"] {
        for scheme in ["http", "https"] {
            let place = &format!("{scheme}://{host}");
            let from_afar =
                Case { server: all_below(place), server_issuer: Some(IDP), metadata: said(place), ..Case::default() };
            from_afar.refused();
            let from_here = Case { grpc: "https://127.0.0.1:8089", server: all_below(place), ..Case::default() };
            assert_eq!(from_here.reason(), Reason::OwnOrigin);
            let own = Case { local_issuer: Some(place), metadata: said(place), ..Case::default() };
            assert_eq!(own.reason(), Reason::LocalIssuer);
        }
    }
    let with_query = |place: &str| {
        let mut endpoints = all_below(place);
        endpoints.token = Some(format!("{place}/token?do=harm"));
        endpoints
    };
    Case { server: with_query(OWN), ..Case::default() }.refused();
    let by_issuer =
        Case { server_issuer: Some(IDP), metadata: Some(metadata(IDP, with_query(IDP))), ..Case::default() };
    by_issuer.refused();
    let set = Case { local_issuer: Some(IDP), ..by_issuer };
    assert_eq!(set.reason(), Reason::LocalIssuer);
}

#[test]
fn pushed_requests_are_refused_by_name() {
    let metadata = IssuerMetadata { wants_pushed_requests: true, ..metadata(IDP, all_below(IDP)) };
    let case = Case { local_issuer: Some(IDP), metadata: Some(metadata), ..Case::default() };
    assert!(case.outcome().unwrap_err().to_string().contains("RFC 9126"));
    Case { needed: &[DeviceAuthorization, Token], ..case }.outcome().unwrap();
}

#[test]
fn endpoints_for_clients_with_a_certificate_are_those_of_an_issuer_that_is_set_and_of_no_other() {
    const MTLS: &str = "https://mtls.idp";
    let both = || IssuerMetadata { with_certificate: all_below(MTLS), ..metadata(IDP, all_below(IDP)) };
    let token = |case: Case<'_>| case.outcome().unwrap().endpoints.token.unwrap();
    let set = |has_certificate: bool| Case {
        local_issuer: Some(IDP),
        has_certificate,
        metadata: Some(both()),
        ..Case::default()
    };
    assert_eq!(token(set(true)), "https://mtls.idp/token");
    assert_eq!(token(set(false)), "https://idp/token");
    // People's browsers have no certificate of the client's.
    let page = set(true).outcome().unwrap().endpoints.authorization;
    assert_eq!(page.as_deref(), Some("https://idp/authorize"));
    assert_eq!(token(Case { local: below(IDP, "", ""), ..set(true) }), "https://idp/token");
    let named = Case { local_issuer: None, server: all_below(IDP), server_issuer: Some(IDP), ..set(true) };
    assert_eq!(token(named), "https://idp/token", "it would not see the certificate");
    // An alias of a server's own making does not come in beside an honest issuer's.
    let mixed = Case { server: below(MTLS, IDP, IDP), local_issuer: None, server_issuer: Some(IDP), ..set(true) };
    assert!(mixed.outcome().is_err());
    let on_this_machine = IssuerMetadata { with_certificate: all_below("http://127.0.0.1:1"), ..both() };
    assert_eq!(token(Case { metadata: Some(on_this_machine), ..set(true) }), "https://idp/token");
    let one = IssuerMetadata { with_certificate: below("", "", MTLS), ..both() };
    let believed = Case { metadata: Some(one), ..set(true) }.outcome().unwrap().endpoints;
    assert_eq!(believed.token.as_deref(), Some("https://idp/token"));
    assert_eq!(believed.device_authorization.as_deref(), Some("https://mtls.idp/device"));
}
