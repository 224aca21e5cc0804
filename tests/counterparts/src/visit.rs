//! What is done with every counterpart.

use std::{collections::BTreeMap, future::Future, path::PathBuf};

use auth_runtime::{AnonymousChannel, Authenticator, Verify};
use futures_util::future::join_all;
use tonic::{Code, Request, transport::Channel};

use crate::{
    Calls as _, Kind, Provider, Rejection, call,
    kinds::payload,
    testing::{StreamingInputCallRequest, test_service_client::AuthenticatedTestServiceClient},
};

/// How a server or proxy is reached.
#[derive(Debug, Clone)]
pub struct Counterpart {
    /// Its URL.
    pub endpoint: String,
    /// Whoever signed its certificate.
    pub authority: Option<PathBuf>,
    /// The URL of an HTTP proxy on the way, for authenticated clients.
    pub http_proxy: Option<String>,
}

impl Counterpart {
    /// A new session, of which nobody has logged in yet.
    ///
    /// # Panics
    ///
    /// If it is not a URL.
    pub fn authenticator(&self, provider: &Provider) -> Authenticator {
        let mut builder = provider.authenticator(&self.endpoint);
        if let Some(authority) = &self.authority {
            builder = builder.verify(Verify::CaFile(authority.clone()));
        }
        if let Some(proxy) = &self.http_proxy {
            builder = builder.http_proxy(proxy);
        }
        builder.build().expect("a URL and a flow")
    }

    /// The annotated client over a new session.
    ///
    /// # Panics
    ///
    /// If it cannot connect.
    pub async fn client(&self, provider: &Provider) -> AuthenticatedTestServiceClient {
        AuthenticatedTestServiceClient::new(self.authenticator(provider).connect().await.expect("it listens"))
    }

    /// The same over a connection that is there already.
    pub fn client_over(
        &self,
        provider: &Provider,
        connection: AnonymousChannel<Channel>,
    ) -> AuthenticatedTestServiceClient<AnonymousChannel<Channel>> {
        AuthenticatedTestServiceClient::new(self.authenticator(provider).over(connection))
    }
}

/// What a visit is to leave out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visit {
    /// How many calls are made at once after a revocation.
    pub at_once: usize,
    /// How large the first upload is; 0 for none.
    pub upload: usize,
}

impl Visit {
    /// Everything.
    pub const WHOLE: Self = Self { at_once: 500, upload: 3 << 20 };
}

/// Makes calls of all kinds: the first of a session and after revocations, rejected early and late, hundreds at once, and
/// an upload as the first call. `revoke` ends all tokens but those with this number.
///
/// # Panics
///
/// If a call fails, or costs more logins than it has to.
pub async fn visit<R: Future<Output = ()>>(
    counterpart: &Counterpart,
    provider: &Provider,
    plan: Visit,
    revoke: impl Fn(u64) -> R,
) {
    let mut logins = provider.logins();
    let mut costs_one_login = |what: &str| {
        logins += 1;
        assert_eq!(provider.logins(), logins, "logins: {what}");
    };

    for rejection in Rejection::ALL {
        // A session of its own: one whose tokens are rejected again and again soon asks for new ones more slowly.
        let client = counterpart.client(provider).await;
        for kind in Kind::ALL {
            let outcome = call(&client, kind, rejection).await;
            outcome.unwrap_or_else(|status| panic!("first calls, {kind:?} {rejection:?}: {status:?}"));
        }
        costs_one_login("the first calls of all kinds");
        for kind in Kind::ALL {
            revoke(provider.revoke()).await;
            let outcome = call(&client, kind, rejection).await;
            outcome.unwrap_or_else(|status| panic!("rejected {rejection:?}, {kind:?}: {status:?}"));
            costs_one_login(&format!("rejected {rejection:?}, {kind:?}"));
        }
    }

    let client = counterpart.client(provider).await;
    let failed = at_once(&client, plan.at_once).await;
    assert!(failed.is_empty(), "the first {} calls at once: {failed:#?}", plan.at_once);
    costs_one_login("many first calls at once");
    revoke(provider.revoke()).await;
    let failed = at_once(&client, plan.at_once).await;
    assert!(failed.is_empty(), "{} calls at once after a revocation: {failed:#?}", plan.at_once);
    costs_one_login("many calls at once after a revocation");

    if plan.upload > 0 {
        let client = counterpart.client(provider).await;
        let uploaded = upload(&client, plan.upload).await;
        assert_eq!(uploaded.unwrap_or_else(|status| panic!("upload: {status:?}")), plan.upload);
        costs_one_login("an upload as the first call");
    }
}

/// Makes so many calls of all kinds at once, and returns how often which status came.
pub async fn at_once(client: &impl crate::Calls, count: usize) -> BTreeMap<String, usize> {
    let calls = (0..count).map(|index| {
        let client = client.clone();
        let kind = Kind::ALL[index % 4];
        let rejection = Rejection::ALL[index / 4 % 3];
        tokio::spawn(async move { (kind, rejection, call(&client, kind, rejection).await) })
    });
    let mut failed = BTreeMap::new();
    for outcome in join_all(calls).await {
        let (kind, rejection, outcome) = outcome.expect("no call panics");
        if let Err(status) = outcome {
            assert_ne!(status.code(), Code::Ok);
            let what = format!("{:?} {}: {}", status.code(), status.message(), causes(&status));
            let _ = (kind, rejection);
            *failed.entry(what).or_default() += 1;
        }
    }
    failed
}

/// Uploads so many bytes as a stream, and returns how many the server has read.
async fn upload(client: &AuthenticatedTestServiceClient, size: usize) -> Result<usize, tonic::Status> {
    const CHUNK: usize = 32 << 10;
    let messages =
        (0..size / CHUNK).map(|_| StreamingInputCallRequest { payload: payload(CHUNK), ..Default::default() });
    let response = client.input(Request::new(tokio_stream::iter(messages))).await?;
    Ok(usize::try_from(response.into_inner().aggregated_payload_size).unwrap_or_default())
}

/// The causes of an error, in a line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.join(": ")
}
