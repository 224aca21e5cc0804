use std::error::Error;

use auth_runtime::{Authenticator, flow::ClientCredentials};

use crate::helloworld::{HelloRequest, greeter_client::AuthenticatedGreeterClient};

pub async fn greet(endpoint: &str, names: &[&str]) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    let login = ClientCredentials::new("my-client", "my-secret").token_url(format!("{endpoint}/token"));
    let channel = Authenticator::builder(endpoint).flow(login).build()?.connect().await?;
    let greeter = AuthenticatedGreeterClient::new(channel);

    let mut replies = Vec::new();
    for name in names {
        let reply = greeter.say_hello(HelloRequest { name: name.to_string() }).await?;
        replies.push(reply.into_inner().message);
    }
    Ok(replies)
}
