use std::{env, error::Error, sync::Arc};

use flyte_controller_base::auth::{AuthConfig, AuthLayer, ClientCredentialsAuthenticator};
use flyteidl2::flyteidl::auth::{UserInfoRequest, identity_service_client::IdentityServiceClient};
use tonic::transport::{ClientTlsConfig, Endpoint};
use tower::ServiceBuilder;

pub async fn who_am_i() -> Result<String, Box<dyn Error>> {
    let config = AuthConfig::new_from_api_key(&env::var("_UNION_EAGER_API_KEY")?)?;
    let endpoint = Endpoint::from_shared(config.endpoint.clone())?;
    let channel = endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?.connect().await?;
    let authenticator = Arc::new(ClientCredentialsAuthenticator::new(config));
    let channel = ServiceBuilder::new().layer(AuthLayer::new(authenticator, channel.clone())).service(channel);

    let mut identity = IdentityServiceClient::new(channel);
    let response = identity.user_info(UserInfoRequest {}).await?;
    Ok(response.into_inner().subject)
}
