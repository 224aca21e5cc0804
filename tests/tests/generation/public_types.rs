//! What the public types can be used for, checked by the compiler.

use std::{error::Error, fmt::Debug};

use auth_runtime::{
    AnonymousChannel, AuthError, AuthLayer, AuthenticatedChannel, Authenticator, AuthenticatorBuilder, Credentials,
    FlowContext, MethodTable, ProxyAuthLayer, ProxyAuthService, ResponseBody, ResponseFuture, ServerDetails,
    Statistics, Transport, Verify,
    flow::{ClientCredentials, StaticToken},
    flyte::AuthMetadata,
};
use tests::calls::calls_client::AuthenticatedCallsClient;
use tonic::transport::Channel;

fn shared_between_threads<T: Send + Sync + 'static>() {}
fn sent_to_another_thread<T: Send + 'static>() {}
fn printable<T: Debug>() {}
fn copied_by_reference_count<T: Clone>() {}
fn a_transport<T: Transport>() {}
fn movable_once_polled<T: Unpin>() {}
fn an_error<T: Error + Clone>() {}

#[test]
fn every_public_type_goes_wherever_a_program_wants_it() {
    shared_between_threads::<AuthError>();
    shared_between_threads::<AnonymousChannel<Channel>>();
    shared_between_threads::<AuthLayer>();
    shared_between_threads::<MethodTable>();
    shared_between_threads::<ProxyAuthLayer>();
    shared_between_threads::<ProxyAuthService<Channel>>();
    shared_between_threads::<AuthenticatedChannel<Channel>>();
    shared_between_threads::<AuthenticatedCallsClient>();
    shared_between_threads::<Authenticator>();
    shared_between_threads::<ClientCredentials>();
    shared_between_threads::<Credentials>();
    shared_between_threads::<FlowContext>();
    shared_between_threads::<AuthMetadata<Channel>>();
    shared_between_threads::<ServerDetails>();
    shared_between_threads::<StaticToken>();
    shared_between_threads::<Statistics>();
    shared_between_threads::<Verify>();
    sent_to_another_thread::<AuthenticatorBuilder>();
    sent_to_another_thread::<ResponseBody<Channel>>();
    sent_to_another_thread::<ResponseFuture<Channel>>();
}

#[test]
fn every_public_type_can_be_printed() {
    printable::<AuthError>();
    printable::<AnonymousChannel<Channel>>();
    printable::<AuthLayer>();
    printable::<MethodTable>();
    printable::<ProxyAuthLayer>();
    printable::<ProxyAuthService<Channel>>();
    printable::<AuthenticatedChannel<Channel>>();
    printable::<AuthenticatedCallsClient>();
    printable::<Authenticator>();
    printable::<AuthenticatorBuilder>();
    printable::<ClientCredentials>();
    printable::<Credentials>();
    printable::<FlowContext>();
    printable::<AuthMetadata<Channel>>();
    printable::<ResponseBody<Channel>>();
    printable::<ResponseFuture<Channel>>();
    printable::<ServerDetails>();
    printable::<StaticToken>();
    printable::<Statistics>();
    printable::<Verify>();
}

#[test]
fn layers_stack_and_what_is_shared_is_cloned() {
    copied_by_reference_count::<Authenticator>();
    copied_by_reference_count::<AuthLayer>();
    copied_by_reference_count::<AuthenticatedCallsClient<AuthenticatedChannel<Channel>>>();
    a_transport::<Channel>();
    a_transport::<AuthenticatedChannel<Channel>>();
    a_transport::<ProxyAuthService<AuthenticatedChannel>>();
    movable_once_polled::<ResponseBody<Channel>>();
    an_error::<AuthError>();
}
