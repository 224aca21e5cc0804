//! The clients of one Flyte installation.

use auth_runtime::authenticated_client;

use crate::proto::service::{
    admin_service_client::AuthenticatedAdminServiceClient,
    async_agent_service_client::AuthenticatedAsyncAgentServiceClient,
    auth_metadata_service_client::AuthenticatedAuthMetadataServiceClient,
    data_proxy_service_client::AuthenticatedDataProxyServiceClient,
    identity_service_client::AuthenticatedIdentityServiceClient,
    sync_agent_service_client::AuthenticatedSyncAgentServiceClient,
};

/// All clients, over one channel and one login.
#[authenticated_client]
pub struct Flyte {
    /// Projects, registered entities, executions.
    pub admin: AuthenticatedAdminServiceClient,
    /// How to authenticate; its calls never carry credentials.
    pub auth_metadata: AuthenticatedAuthMetadataServiceClient,
    /// Who is calling.
    pub identity: AuthenticatedIdentityServiceClient,
    /// Places for data.
    pub data_proxy: AuthenticatedDataProxyServiceClient,
    /// Tasks that take their time, and their logs.
    pub async_agent: AuthenticatedAsyncAgentServiceClient,
    /// Tasks that are waited for.
    pub sync_agent: AuthenticatedSyncAgentServiceClient,
}
