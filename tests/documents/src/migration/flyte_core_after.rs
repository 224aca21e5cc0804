use std::error::Error;

use crate::flyteidl::service::{UserInfoRequest, identity_service_client::AuthenticatedIdentityServiceClient};

pub async fn who_am_i() -> Result<String, Box<dyn Error>> {
    let connection = auth_runtime::flyte::connect().await?;

    let identity = AuthenticatedIdentityServiceClient::new(connection.channel());
    let response = identity.user_info(UserInfoRequest {}).await?;
    Ok(response.into_inner().subject)
}
