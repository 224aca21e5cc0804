//! Where no refresh can help, and where none is needed.

use std::error::Error as _;

use anyhow::{Context as _, bail, ensure};
use auth_runtime::{AuthError, flow::ClientCredentials};
use tonic::{Code, Status};

use super::{
    report::Outcome,
    stage::{CLIENT_ID, Stage, loopback},
};
use crate::{
    CallError, Flyte,
    proto::{
        admin::GetVersionRequest,
        service::{PublicClientAuthConfigRequest, UserInfoRequest},
    },
    server::FlyteServer,
};

const WRONG_SECRET: &str = "not-the-secret";

/// The server's own words come back, after one replay, and what that means in front of them.
pub(super) async fn missing_scope(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let narrow = stage.client().scopes(["offline"]);
    let flyte = stage.log_in_as(stage.server.endpoint(), narrow)?;
    let status = rejected_version(&flyte).await?;
    ensure!(status.message().ends_with("the server says: authenticated user doesn't have required scope"), "{status}");
    Ok(Outcome { calls: 1, text: format!("Unauthenticated: {}", status.message()) })
}

/// The server's rejection comes back with the reason for the failed login, and without the secret.
pub(super) async fn wrong_secret(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let wrong = ClientCredentials::new(CLIENT_ID, WRONG_SECRET);
    let flyte = stage.log_in_as(stage.server.endpoint(), wrong)?;
    let status = rejected_version(&flyte).await?;
    let reason = status.source().and_then(|source| source.downcast_ref::<AuthError>());
    let Some(code) = reason.and_then(AuthError::oauth_error) else {
        bail!("the status does not say why the login failed: {reason:?}")
    };
    ensure!(!format!("{status:?} {reason:?}").contains(WRONG_SECRET), "the secret is in the error");
    Ok(Outcome { calls: 1, text: format!("Unauthenticated, since the token endpoint says `{code}`") })
}

/// The same clients just work, and nobody is asked for a token.
pub(super) async fn no_authentication(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = FlyteServer::start_without_authentication(loopback()).await.context("cannot start the server")?;
    let requests_before = stage.token_endpoint.requests();
    let client = stage.client();
    let flyte = stage.log_in_as(server.endpoint(), client)?;
    flyte.admin.get_version(GetVersionRequest {}).await.map_err(CallError::of("ask for the version"))?;
    let metadata = flyte.auth_metadata.get_public_client_config(PublicClientAuthConfigRequest {}).await;
    ensure!(code(metadata.err()) == Code::Unimplemented, "there is a metadata service");
    let identity = flyte.identity.user_info(UserInfoRequest {}).await;
    ensure!(code(identity.err()) == Code::Unimplemented, "there is an identity service");
    ensure!(stage.token_endpoint.requests() == requests_before, "a login was made that nobody asked for");
    Ok(Outcome { calls: 3, text: "answered without a token; no login was made".into() })
}

async fn rejected_version(flyte: &Flyte) -> anyhow::Result<Status> {
    let status = flyte.admin.get_version(GetVersionRequest {}).await.err().context("the call was let through")?;
    ensure!(status.code() == Code::Unauthenticated, "{status}");
    Ok(status)
}

fn code(status: Option<Status>) -> Code {
    status.map_or(Code::Ok, |status| status.code())
}
