use auth_runtime::{Authenticator, flow::ClientCredentials};
use helloworld::{HelloRequest, greeter_client::AuthenticatedGreeterClient};

mod server;

mod helloworld {
    tonic::include_proto!("helloworld");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint = server::start().await?;

    let login = ClientCredentials::new("my-client", "my-secret").token_url(format!("{endpoint}/token"));
    let authenticator = Authenticator::builder(&endpoint).flow(login).build()?;
    let greeter = AuthenticatedGreeterClient::new(authenticator.connect().await?);

    for name in ["Ada", "Grace", "Barbara", "Frances"] {
        let reply = greeter.say_hello(HelloRequest { name: name.into() }).await?;
        println!("{}", reply.into_inner().message);
    }
    Ok(())
}
