use auth_runtime::{AuthError, Authenticator, Flow};
use tonic::Code;

/// `etcd_login` calls Auth/Authenticate and returns `Credentials::raw(token).with_header_key("token")`.
pub fn authenticator(etcd_login: impl Flow) -> Result<Authenticator, AuthError> {
    let authenticator = Authenticator::builder("https://etcd.example.com:2379")
        .flow(etcd_login) // calls Auth/Authenticate and returns Credentials::raw(token).with_header_key("token")
        .header_key("token")
        .retry_on(|status| {
            matches!(
                (status.code(), status.message()),
                // Without a token; with one that a change of users has ended; a snapshot with one that does not count.
                (Code::InvalidArgument, "etcdserver: user name is empty" | "etcdserver: revision of auth store is old")
                    | (Code::Unknown, "etcdserver: invalid auth token" | "auth: invalid auth token")
            )
        })
        .build()?;
    Ok(authenticator)
}
