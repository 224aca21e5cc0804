use std::error::Error;

use auth_runtime::{AuthenticatedChannel, authenticated_client};

use crate::flyteidl::{
    admin::ProjectListRequest,
    service::{admin_service_client::Admin, data_proxy_service_client::AuthenticatedDataProxyServiceClient},
};

#[authenticated_client]
pub struct Flyte {
    pub admin: Admin,
    pub data_proxy: AuthenticatedDataProxyServiceClient,
}

pub async fn projects() -> Result<usize, Box<dyn Error>> {
    let connection = auth_runtime::flyte::connect().await?;
    let flyte = Flyte::new(connection.channel());

    let projects = flyte.admin.list_projects(ProjectListRequest::default()).await?;
    Ok(projects.into_inner().projects.len())
}

pub mod in_the_background {
    use super::*;

    pub async fn projects(channel: AuthenticatedChannel) -> Result<usize, Box<dyn Error>> {
        let admin = Admin::new(channel);
        let call = tokio::spawn(admin.list_projects(ProjectListRequest::default()));
        Ok(call.await??.into_inner().projects.len())
    }
}
