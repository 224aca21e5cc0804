//! The HTTP side of the installation, at the endpoint's own origin.

use super::{
    finding::Finding,
    http::{Answer, get},
    subject::Subject,
};

const CHECK: &str = "HTTP";
const PATH: &str = "/.well-known/oauth-authorization-server";

/// That it does not answer is a failure only where the provider's own address does not answer either.
pub(super) async fn check(subject: &Subject) -> (Finding, Option<Answer>) {
    let origin = subject.authenticator().endpoint();
    let outcome = get(subject, &format!("{origin}{PATH}")).await;
    let finding = match &outcome {
        Err(error) => {
            let why = crate::error_chain::error_chain(error);
            Finding::look(CHECK, format!("{origin} does not answer in HTTP ({why}){}", its_own_port(&origin)))
        }
        Ok(answer) => told(&origin, answer),
    };
    (finding, outcome.ok().filter(|answer| answer.status != 404))
}

/// As the provider answered at its own address.
pub(super) fn elsewhere(issuer: &str) -> Finding {
    Finding::ok(CHECK, format!("not at the endpoint's own port, but at the issuer {issuer}"))
}

/// HTTP answers with a provider's metadata where gRPC does not answer.
pub(super) fn without_grpc(origin: &str, answer: &Answer) -> Option<Finding> {
    answer.text("token_endpoint")?;
    Some(match origin.starts_with("http://") {
        true => Finding::look(
            super::grpc::CHECK,
            "this is the port of Flyte's HTTP side; without TLS, gRPC has one of its own (8089 beside 8088)",
        ),
        false => Finding::look(
            super::grpc::CHECK,
            "the ingress passes HTTP on and not gRPC: look for its rule for /flyteidl.service",
        ),
    })
}

fn told(origin: &str, answer: &Answer) -> Finding {
    match (answer.status, answer.text("issuer"), answer.text("token_endpoint")) {
        (200, Some(issuer), Some(_)) => Finding::ok(CHECK, format!("{origin}{PATH} names the issuer {issuer}")),
        (200, ..) => Finding::look(CHECK, format!("{origin}{PATH} answers, and not with a provider's metadata")),
        (status @ 300..=399, ..) => Finding::look(
            CHECK,
            format!("{origin}{PATH} is redirected (HTTP {status}): something in front asks for a login of its own"),
        ),
        (status, ..) => Finding::look(CHECK, format!("{origin}{PATH}: HTTP {status}{}", its_own_port(origin))),
    }
}

fn its_own_port(origin: &str) -> &'static str {
    match origin.starts_with("http://") {
        true => "; without TLS, flyteadmin's HTTP side has a port of its own",
        false => "; gRPC alone is enough if the provider answers at its own address",
    }
}
