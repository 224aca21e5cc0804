//! The clients of one Flyte installation.

use auth_runtime::{authenticated_client, flyte::FlyteChannel};

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
    pub admin: AuthenticatedAdminServiceClient<FlyteChannel>,
    /// How to authenticate; its calls never carry credentials.
    pub auth_metadata: AuthenticatedAuthMetadataServiceClient<FlyteChannel>,
    /// Who is calling.
    pub identity: AuthenticatedIdentityServiceClient<FlyteChannel>,
    /// Places for data.
    pub data_proxy: AuthenticatedDataProxyServiceClient<FlyteChannel>,
    /// Tasks that take their time, and their logs.
    pub async_agent: AuthenticatedAsyncAgentServiceClient<FlyteChannel>,
    /// Tasks that are waited for.
    pub sync_agent: AuthenticatedSyncAgentServiceClient<FlyteChannel>,
}
