//! etcd: its login as a flow, its header, and its own words for a token that does not count.
//!
//! Starts `etcd` from the path, or what the variable `ETCD` names.
#![forbid(unsafe_code)]

use std::{error::Error, net::TcpListener, time::Duration};

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use etcdserverpb::{
    AuthEnableRequest, AuthRoleAddRequest, AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserGrantRoleRequest,
    AuthenticateRequest, PutRequest, RangeRequest,
    auth_client::{AuthClient, AuthenticatedAuthClient},
    kv_client::AuthenticatedKvClient,
};
use tokio::{process::Command, time::timeout};
use tonic::{Code, Status, transport::Channel};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod etcdserverpb {
    tonic::include_proto!("etcdserverpb");
}

/// The login that etcd has.
struct EtcdLogin {
    auth: AuthClient<Channel>,
    name: String,
    password: String,
}

impl Flow for EtcdLogin {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let request = AuthenticateRequest { name: self.name.clone(), password: self.password.clone() };
        match self.auth.clone().authenticate(request).await {
            Ok(response) => Ok(Credentials::raw(response.into_inner().token)),
            Err(status) if status.code() == Code::InvalidArgument => Err(AuthError::permanent(status)),
            Err(status) => Err(AuthError::transient(status)),
        }
    }
}

/// What etcd says, besides UNAUTHENTICATED, of a call whose token does not count: it has done nothing then.
fn is_rejection(status: &Status) -> bool {
    matches!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "etcdserver: user name is empty" | "etcdserver: revision of auth store is old")
            | (Code::Unknown, "etcdserver: invalid auth token" | "auth: invalid auth token")
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let [client, peer] = [free_address()?, free_address()?];
    let program = std::env::var_os("ETCD").unwrap_or_else(|| "etcd".into());
    let mut command = Command::new(program);
    command.arg("--data-dir").arg(folder.path().join("data")).args(["--log-level", "error", "--logger", "zap"]);
    command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
    command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
    let _etcd = command.args(["--initial-cluster", &format!("default={peer}")]).kill_on_drop(true).spawn()?;
    let bare = Channel::from_shared(client.clone())?.connect_lazy();
    timeout(Duration::from_secs(60), set_up(AuthClient::new(bare.clone()))).await??;

    let login = EtcdLogin { auth: AuthClient::new(bare), name: "root".into(), password: "secret".into() };
    let authenticator = Authenticator::builder(client)
        .header_key("token")
        .flow(login)
        .retry_on(is_rejection)
        .login_first(true)
        .build()?;
    let channel = authenticator.connect().await?;
    let (kv, auth) = (AuthenticatedKvClient::new(channel.clone()), AuthenticatedAuthClient::new(channel));

    kv.put(PutRequest { key: "cave".into(), value: "open".into() }).await?;
    // Ends all tokens of the user, this one too. The next call logs in again, and is sent once more.
    auth.user_change_password(AuthUserChangePasswordRequest { name: "root".into(), password: "secret".into() }).await?;
    let found = kv.range(RangeRequest { key: "cave".into() }).await?.into_inner();
    println!("{:?}, {:?}", found.kvs, authenticator.statistics());
    if found.kvs.len() == 1 && authenticator.statistics().replays() == 1 { Ok(()) } else { Err("no replay".into()) }
}

/// Waits for etcd, makes a user who may do everything, and has calls need a token.
async fn set_up(mut auth: AuthClient<Channel>) -> Result<(), Status> {
    let user = AuthUserAddRequest { name: "root".into(), password: "secret".into() };
    while let Err(status) = auth.user_add(user.clone()).await {
        if status.code() != Code::Unavailable {
            return Err(status);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    auth.role_add(AuthRoleAddRequest { name: "root".into() }).await?;
    auth.user_grant_role(AuthUserGrantRoleRequest { user: "root".into(), role: "root".into() }).await?;
    auth.auth_enable(AuthEnableRequest {}).await.map(drop)
}

fn free_address() -> Result<String, std::io::Error> {
    Ok(format!("http://{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?))
}
