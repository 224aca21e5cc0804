//! A struct of clients, in a crate with lints that its generated code must not offend.
//!
//! What is below compiles: that is the test. Nothing is called.

// Lints that are forbidden cannot be allowed again by generated code.
#![forbid(warnings, unused, dead_code, unused_qualifications, unreachable_pub)]

use auth_runtime as my_auth;
use my_auth::{AuthenticatedChannel, AuthenticatedClient, authenticated_client};
use tests::calls::calls_client::AuthenticatedCallsClient;
use tests::calls::public_client::AuthenticatedPublicClient;
use tonic::transport::Channel;

/// Only a field of another: nobody calls its `new`.
#[authenticated_client(crate = my_auth)]
struct Inner {
    calls: AuthenticatedCallsClient,
    public: AuthenticatedPublicClient,
}

/// Only a field of another, over any transport. The same client twice has settings of its own twice.
#[authenticated_client(crate = my_auth)]
struct InnerOverAny<T> {
    small: AuthenticatedCallsClient<T>,
    large: AuthenticatedCallsClient<T>,
}

/// Clients and a struct of clients, over any transport.
#[authenticated_client(crate = my_auth)]
struct OverAny<T> {
    inner: InnerOverAny<T>,
    public: AuthenticatedPublicClient<T>,
}

/// A client of whatever service.
#[authenticated_client(crate = my_auth)]
struct OfAny<C> {
    client: C,
    calls: AuthenticatedCallsClient,
}

/// Some of its fields are there, and some are not.
#[authenticated_client(crate = my_auth)]
struct Conditional {
    #[cfg_attr(all(), cfg(any()))]
    absent: Absent,
    calls: AuthenticatedCallsClient,
    #[cfg_attr(any(), cfg(any()))]
    #[cfg_attr(all(), doc = "Public.", cfg(all()))]
    public: AuthenticatedPublicClient,
}

/// All of them.
#[authenticated_client(crate = my_auth)]
struct Outer {
    inner: Inner,
    over_any: OverAny<Channel>,
    of_any: OfAny<AuthenticatedPublicClient>,
    conditional: Conditional,
}

#[test]
fn lints_may_be_forbidden_and_the_runtime_may_have_another_name() {
    let _ = |channel: AuthenticatedChannel| {
        let Outer { inner, over_any, of_any, conditional } = Outer::new(channel);
        let OverAny { inner: InnerOverAny { small, large }, public } = over_any;
        (
            inner.calls,
            inner.public,
            small,
            large,
            public,
            of_any.client,
            of_any.calls,
            conditional.calls,
            conditional.public,
        )
    };
}

#[test]
fn a_bundle_has_the_transport_of_its_clients() {
    fn over_any<T: my_auth::Transport + Clone>(channel: AuthenticatedChannel<T>) -> OverAny<T> {
        AuthenticatedClient::from_channel(channel)
    }
    let _ = over_any::<AuthenticatedChannel>;
}
