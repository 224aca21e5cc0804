use std::error::Error;

use auth_runtime::{AuthLayer, Authenticator, flow::ClientCredentials};
use tonic::transport::Channel;
use tower::ServiceBuilder;

use crate::helloworld::{HelloRequest, greeter_client::GreeterClient};

type BoxError = Box<dyn Error + Send + Sync>;

pub async fn greet(endpoint: &str, names: &[&str]) -> Result<Vec<String>, BoxError> {
    let login = ClientCredentials::new("my-client", "my-secret").token_url(format!("{endpoint}/token"));
    let layer = AuthLayer::new(Authenticator::builder(endpoint).flow(login).build()?);
    let channel = Channel::from_shared(endpoint.to_owned())?.connect().await?;
    let mut greeter = GreeterClient::new(ServiceBuilder::new().layer(layer).service(channel));

    let mut replies = Vec::new();
    for name in names {
        let reply = greeter.say_hello(HelloRequest { name: name.to_string() }).await?;
        replies.push(reply.into_inner().message);
    }
    Ok(replies)
}
