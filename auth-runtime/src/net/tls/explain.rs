//! What an error of a TLS handshake means for whoever reads it.

use std::time::Duration;

use rustls::{AlertDescription, CertificateError, Error, pki_types::UnixTime};

use crate::{
    AuthError,
    error::{CertificateProblem, Obstacle},
    limits,
    net::route::Route,
};

/// The error for a handshake that failed; `None` where it may succeed another time.
pub(in crate::net) fn explain(route: &Route, error: &Error) -> Option<AuthError> {
    let peer = route.peer.clone();
    let untrusted = |problem| Some(AuthError::untrusted(route.peer.clone(), problem, route.names.authorities));
    let obstacle = match error {
        Error::InvalidCertificate(error) => return untrusted(problem(error)),
        Error::NoCertificatesPresented => {
            let reason = "it shows none".to_owned();
            return untrusted(CertificateProblem::Other { reason });
        }
        Error::InvalidMessage(_) => Obstacle::NotTls { peer },
        Error::NoApplicationProtocol => Obstacle::NoHttp2 { peer },
        Error::PeerIncompatible(_) => Obstacle::HandshakeRefused { peer, alert: error.to_string() },
        Error::AlertReceived(alert) => alerted(peer, route.identified, *alert)?,
        _ => return None,
    };
    Some(AuthError::unreachable(obstacle))
}

fn alerted(peer: String, identified: bool, alert: AlertDescription) -> Option<Obstacle> {
    let said = format!("TLS alert {alert:?}");
    Some(match alert {
        AlertDescription::NoApplicationProtocol => Obstacle::NoHttp2 { peer },
        AlertDescription::CertificateRequired => Obstacle::CertificateWanted { peer, alert: said },
        // Before TLS 1.3 there was no alert of its own for a certificate that is missing.
        AlertDescription::BadCertificate if !identified => Obstacle::CertificateWanted { peer, alert: said },
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        // The authority that the certificate names did not sign it.
        | AlertDescription::DecryptError
            if identified =>
        {
            Obstacle::CertificateRefused { peer, alert: said }
        }
        // A server with troubles of its own, or one that goes away.
        AlertDescription::InternalError | AlertDescription::CloseNotify | AlertDescription::UserCanceled => {
            return None;
        }
        _ => Obstacle::HandshakeRefused { peer, alert: said },
    })
}

fn problem(error: &CertificateError) -> CertificateProblem {
    let since_1970 = |moment: &UnixTime| Duration::from_secs(moment.as_secs());
    let now = since_1970(&UnixTime::now());
    match error {
        CertificateError::UnknownIssuer => unknown_authority("its authority is unknown here".to_owned()),
        // An authority that was made anew has the name of the old one, and another key.
        CertificateError::BadSignature => unknown_authority("the authority of that name did not sign it".to_owned()),
        _ if super::named::is_of_an_authority(error) => unknown_authority("it is signed by itself".to_owned()),
        CertificateError::NotValidForNameContext { expected, presented } => CertificateProblem::OtherName {
            wanted: expected.to_str().into_owned(),
            presented: presented.iter().take(limits::SHOWN_NAMES).map(|name| shown_name(name)).collect(),
        },
        CertificateError::Expired => CertificateProblem::Expired { at: None, now },
        CertificateError::ExpiredContext { time, not_after } => {
            CertificateProblem::Expired { at: Some(since_1970(not_after)), now: since_1970(time) }
        }
        CertificateError::NotValidYet => CertificateProblem::NotYetValid { from: None, now },
        CertificateError::NotValidYetContext { time, not_before } => {
            CertificateProblem::NotYetValid { from: Some(since_1970(not_before)), now: since_1970(time) }
        }
        // On some systems their own verifier decides, which has words of its own.
        CertificateError::Other(_) => unknown_authority(error.to_string()),
        _ => CertificateProblem::Other { reason: error.to_string() },
    }
}

fn unknown_authority(reason: String) -> CertificateProblem {
    CertificateProblem::UnknownAuthority { reason }
}

/// `DnsName("flyte.example.com")` without what is around it.
fn shown_name(presented: &str) -> String {
    match presented.split_once('(') {
        Some((_, name)) => name.trim_end_matches(')').trim_matches('"').to_owned(),
        None => presented.to_owned(),
    }
}
