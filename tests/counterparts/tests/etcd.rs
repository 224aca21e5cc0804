//! etcd, with its simple tokens and with JWTs: the token stands alone in a header of its own, and not every rejection says
//! UNAUTHENTICATED.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth_runtime::{AuthError, AuthenticatedChannel, Authenticator, Credentials, Flow, FlowContext};
use counterparts::{
    Place, Process,
    etcd::{
        authpb::{Permission, UserAddOptions, permission},
        etcdserverpb::{
            AuthEnableRequest, AuthRoleAddRequest, AuthRoleGrantPermissionRequest, AuthUserAddRequest,
            AuthUserChangePasswordRequest, AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest, AuthenticateRequest,
            LeaseGrantRequest, LeaseKeepAliveRequest, PutRequest, RangeRequest, SnapshotRequest, WatchCreateRequest,
            WatchRequest, WatchResponse,
            auth_client::{AuthClient, AuthenticatedAuthClient},
            kv_client::AuthenticatedKvClient,
            lease_client::AuthenticatedLeaseClient,
            maintenance_client::AuthenticatedMaintenanceClient,
            watch_client::AuthenticatedWatchClient,
            watch_request::RequestUnion,
        },
    },
    free_addresses, tool,
};
use tokio::{process::Command, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{
    Code, Status, Streaming,
    transport::{Channel, Endpoint},
};

const PASSWORD: &str = "a password";

/// The login that etcd has.
struct EtcdLogin {
    auth: AuthClient<Channel>,
    name: &'static str,
    logins: Arc<AtomicUsize>,
}

impl Flow for EtcdLogin {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        self.logins.fetch_add(1, Ordering::SeqCst);
        let request = AuthenticateRequest { name: self.name.to_owned(), password: PASSWORD.to_owned() };
        match self.auth.clone().authenticate(request).await {
            Ok(response) => Ok(Credentials::raw(response.into_inner().token).with_header_key("token")),
            Err(status) if status.code() == Code::InvalidArgument => Err(AuthError::permanent(status)),
            Err(status) => Err(AuthError::transient(status)),
        }
    }
}

/// What etcd says, and not UNAUTHENTICATED, to calls whose token does not count: it has done nothing then.
fn rejects(status: &Status) -> bool {
    matches!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "etcdserver: user name is empty" | "etcdserver: revision of auth store is old")
            | (Code::Unknown, "etcdserver: invalid auth token" | "auth: invalid auth token")
    )
}

struct Etcd {
    program: PathBuf,
    tokens: String,
    place: Place,
    addresses: [SocketAddr; 2],
    process: Option<Process>,
}

impl Etcd {
    async fn start(program: PathBuf, tokens: &str) -> Self {
        let place = Place::new();
        let key = place.write("signing-key", "what only etcd knows");
        let tokens = tokens.replace("{key}", &key.display().to_string());
        let mut etcd = Self { program, tokens, place, addresses: free_addresses().await, process: None };
        etcd.begin().await;
        let mut auth = AuthClient::new(etcd.channel());
        let user = AuthUserAddRequest {
            name: "root".to_owned(),
            password: PASSWORD.to_owned(),
            options: Some(UserAddOptions { no_password: false }),
            ..Default::default()
        };
        auth.user_add(user).await.unwrap();
        auth.role_add(AuthRoleAddRequest { name: "root".to_owned() }).await.unwrap();
        let grant = AuthUserGrantRoleRequest { user: "root".to_owned(), role: "root".to_owned() };
        auth.user_grant_role(grant).await.unwrap();
        auth.auth_enable(AuthEnableRequest::default()).await.unwrap();
        etcd
    }

    async fn begin(&mut self) {
        let [client, peer] = self.addresses.map(|address| format!("http://{address}"));
        let mut command = Command::new(&self.program);
        command
            .arg("--data-dir")
            .arg(self.place.path("data"))
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}"), "--auth-token", &self.tokens])
            .stderr(Stdio::null());
        self.process = Some(self.place.start(&mut command, self.addresses[0]).await);
    }

    async fn restart(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().await;
        }
        self.begin().await;
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    fn channel(&self) -> Channel {
        Endpoint::from_shared(self.endpoint()).unwrap().connect_lazy()
    }

    async fn session(&self) -> (AuthenticatedChannel, Arc<AtomicUsize>) {
        self.session_of("root").await
    }

    async fn session_of(&self, name: &'static str) -> (AuthenticatedChannel, Arc<AtomicUsize>) {
        let logins = Arc::new(AtomicUsize::new(0));
        let flow = EtcdLogin { auth: AuthClient::new(self.channel()), name, logins: Arc::clone(&logins) };
        let builder = Authenticator::builder(self.endpoint()).flow(flow).header_key("token").retry_on(rejects);
        (builder.build().unwrap().connect().await.unwrap(), logins)
    }
}

async fn put(channel: &AuthenticatedChannel, key: &str) -> Result<(), Status> {
    let request = PutRequest { key: key.into(), value: "value".into(), ..Default::default() };
    AuthenticatedKvClient::new(channel.clone()).put(request).await.map(drop)
}

async fn get(channel: &AuthenticatedChannel, key: &str) -> Result<usize, Status> {
    let request = RangeRequest { key: key.into(), ..Default::default() };
    Ok(AuthenticatedKvClient::new(channel.clone()).range(request).await?.into_inner().kvs.len())
}

async fn snapshot(channel: &AuthenticatedChannel) -> Result<usize, Status> {
    let client = AuthenticatedMaintenanceClient::new(channel.clone());
    let mut parts = client.snapshot(SnapshotRequest::default()).await?.into_inner();
    let mut bytes = 0;
    while let Some(part) = parts.message().await? {
        bytes += part.blob.len();
    }
    Ok(bytes)
}

/// Watches a key, and puts it.
async fn watch(channel: &AuthenticatedChannel, key: &str) -> Result<(), Status> {
    let create = WatchCreateRequest { key: key.into(), ..Default::default() };
    let request = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
    let requests = tokio_stream::StreamExt::chain(tokio_stream::iter([request]), tokio_stream::pending());
    let client = AuthenticatedWatchClient::new(channel.clone());
    let mut responses = client.watch(requests).await?.into_inner();
    let created = responses.message().await?.unwrap();
    assert!(created.created && !created.canceled, "{created:?}");
    put(channel, key).await?;
    let event = responses.message().await?.unwrap();
    assert_eq!(event.events.len(), 1, "{event:?}");
    Ok(())
}

/// A watch that stays open: more can be asked of it.
struct OpenWatch {
    requests: mpsc::UnboundedSender<WatchRequest>,
    responses: Streaming<WatchResponse>,
}

impl OpenWatch {
    async fn begin(channel: &AuthenticatedChannel, key: &str) -> Self {
        let (requests, asked) = mpsc::unbounded_channel();
        requests.send(watching(key)).unwrap();
        let client = AuthenticatedWatchClient::new(channel.clone());
        let responses = client.watch(UnboundedReceiverStream::new(asked)).await.unwrap().into_inner();
        let mut watch = Self { requests, responses };
        let created = watch.next().await;
        assert!(created.created && !created.canceled, "{created:?}");
        watch
    }

    async fn next(&mut self) -> WatchResponse {
        let response = tokio::time::timeout(Duration::from_secs(60), self.responses.message()).await;
        response.expect("it is silent").unwrap().expect("it has ended")
    }

    /// Another one over the same call.
    async fn and(&mut self, key: &str) -> WatchResponse {
        self.requests.send(watching(key)).unwrap();
        self.next().await
    }
}

fn watching(key: &str) -> WatchRequest {
    let create = WatchCreateRequest { key: key.into(), ..Default::default() };
    WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) }
}

/// Takes a lease, and keeps it alive once.
async fn lease(channel: &AuthenticatedChannel) -> Result<(), Status> {
    let client = AuthenticatedLeaseClient::new(channel.clone());
    let id = client.lease_grant(LeaseGrantRequest { ttl: 60, id: 0 }).await?.into_inner().id;
    let requests = tokio_stream::iter([LeaseKeepAliveRequest { id }]);
    let mut responses = client.lease_keep_alive(requests).await?.into_inner();
    assert_eq!(responses.message().await?.unwrap().ttl, 60);
    Ok(())
}

/// Changes the users, which ends every JWT.
async fn change_users(channel: &AuthenticatedChannel, name: &str) -> Result<(), Status> {
    let client = AuthenticatedAuthClient::new(channel.clone());
    let options = Some(UserAddOptions { no_password: false });
    let user =
        AuthUserAddRequest { name: name.to_owned(), password: PASSWORD.to_owned(), options, ..Default::default() };
    client.user_add(user).await.map(drop)
}

/// Another user, who may read one key.
async fn add_reader(channel: &AuthenticatedChannel, key: &str) {
    change_users(channel, "reader").await.unwrap();
    let client = AuthenticatedAuthClient::new(channel.clone());
    client.role_add(AuthRoleAddRequest { name: "reading".to_owned() }).await.unwrap();
    let permission = Permission { perm_type: permission::Type::Read.into(), key: key.into(), range_end: Vec::new() };
    let request = AuthRoleGrantPermissionRequest { name: "reading".to_owned(), perm: Some(permission) };
    client.role_grant_permission(request).await.unwrap();
    let grant = AuthUserGrantRoleRequest { user: "reader".to_owned(), role: "reading".to_owned() };
    client.user_grant_role(grant).await.unwrap();
}

/// Sets the same password once more, which ends every simple token of the user.
async fn change_password(channel: &AuthenticatedChannel) -> Result<(), Status> {
    let client = AuthenticatedAuthClient::new(channel.clone());
    let request =
        AuthUserChangePasswordRequest { name: "root".to_owned(), password: PASSWORD.to_owned(), ..Default::default() };
    client.user_change_password(request).await.map(drop)
}

fn programs() -> [PathBuf; 2] {
    [PathBuf::from("/usr/bin/etcd"), tool("etcd-newest")]
}

async fn gets_at_once(channel: &AuthenticatedChannel) {
    let mut gets = JoinSet::new();
    for _ in 0..500 {
        let channel = channel.clone();
        gets.spawn(async move { get(&channel, "one").await });
    }
    for found in gets.join_all().await {
        assert_eq!(found.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simple_tokens_that_a_change_of_the_password_ends() {
    for program in programs() {
        let mut etcd = Etcd::start(program, "simple").await;
        let (channel, logins) = etcd.session().await;
        put(&channel, "one").await.unwrap();
        watch(&channel, "two").await.unwrap();
        lease(&channel).await.unwrap();
        assert!(snapshot(&channel).await.unwrap() > 10_000);
        assert_eq!(logins.load(Ordering::SeqCst), 1);

        change_password(&channel).await.unwrap();
        gets_at_once(&channel).await;
        assert_eq!(logins.load(Ordering::SeqCst), 2);

        change_password(&channel).await.unwrap();
        // etcd 3.4 lets everybody take a snapshot.
        assert!(snapshot(&channel).await.unwrap() > 10_000);
        assert_eq!(get(&channel, "one").await.unwrap(), 1);
        assert_eq!(logins.load(Ordering::SeqCst), 3);

        change_password(&channel).await.unwrap();
        lease(&channel).await.unwrap();
        watch(&channel, "three").await.unwrap();
        assert_eq!(logins.load(Ordering::SeqCst), 4);

        // Its tokens may survive, as it reads its log again.
        etcd.restart().await;
        gets_at_once(&channel).await;
        assert!((4..=5).contains(&logins.load(Ordering::SeqCst)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jwts_that_a_change_of_users_ends() {
    for program in programs() {
        let mut etcd = Etcd::start(program, "jwt,sign-method=HS256,priv-key={key},ttl=10m").await;
        let (channel, logins) = etcd.session().await;
        put(&channel, "one").await.unwrap();
        watch(&channel, "two").await.unwrap();
        assert_eq!(logins.load(Ordering::SeqCst), 1);

        change_users(&channel, "another").await.unwrap();
        gets_at_once(&channel).await;
        assert_eq!(logins.load(Ordering::SeqCst), 2);

        change_users(&channel, "third").await.unwrap();
        put(&channel, "three").await.unwrap();
        lease(&channel).await.unwrap();
        assert!(snapshot(&channel).await.unwrap() > 10_000);
        assert_eq!(logins.load(Ordering::SeqCst), 3);

        // Tokens that are signed survive it.
        etcd.restart().await;
        gets_at_once(&channel).await;
        assert_eq!(logins.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_open_goes_on_while_users_change_and_what_it_cannot_begin_the_next_call_heals() {
    for program in programs() {
        let etcd = Etcd::start(program, "jwt,sign-method=HS256,priv-key={key},ttl=10m").await;
        let (channel, logins) = etcd.session().await;
        add_reader(&channel, "one").await;
        let (reading, reads) = etcd.session_of("reader").await;
        get(&reading, "one").await.unwrap();
        // The last change of users has ended the token that made it.
        get(&channel, "one").await.unwrap();
        let (mut own, mut readers) = (OpenWatch::begin(&channel, "one").await, OpenWatch::begin(&reading, "one").await);
        let before = logins.load(Ordering::SeqCst);

        // Neither another user nor another password ends what has begun.
        change_users(&channel, "another").await.unwrap();
        change_password(&channel).await.unwrap();
        put(&channel, "one").await.unwrap();
        for watch in [&mut own, &mut readers] {
            assert_eq!(watch.next().await.events.len(), 1);
        }
        assert!(logins.load(Ordering::SeqCst) > before);

        // Nor does the loss of the right to read.
        let request = AuthUserRevokeRoleRequest { name: "reader".to_owned(), role: "reading".to_owned() };
        AuthenticatedAuthClient::new(channel.clone()).user_revoke_role(request).await.unwrap();

        // Over an open call nothing more can begin: it has the token that it began with, and etcd says so in a message.
        for watch in [&mut own, &mut readers] {
            let refused = watch.and("two").await;
            assert!(refused.canceled && refused.cancel_reason.contains("revision of auth store is old"), "{refused:?}");
        }
        put(&channel, "one").await.unwrap();
        for watch in [&mut own, &mut readers] {
            assert_eq!(watch.next().await.events.len(), 1);
        }

        // That call has healed the one session, and this one heals the other, which may do no more.
        OpenWatch::begin(&channel, "two").await;
        let denied = get(&reading, "one").await.unwrap_err();
        assert_eq!((denied.code(), reads.load(Ordering::SeqCst)), (Code::PermissionDenied, 2), "{denied:?}");
    }
}
