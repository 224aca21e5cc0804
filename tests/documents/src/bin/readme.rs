use auth_runtime::{Authenticator, flow::ClientCredentials};
use helloworld::{HelloRequest, greeter_client::AuthenticatedGreeterClient};

mod helloworld {
    tonic::include_proto!("helloworld");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let login = ClientCredentials::secret_from_env("my-client", "GREETER_SECRET")
        .token_url("https://login.example.com/oauth2/token");
    let channel = Authenticator::builder("https://greeter.example.com")
        .flow(login)
        .build()? // contacts nobody yet
        .connect()
        .await?;
    let greeter = AuthenticatedGreeterClient::new(channel);

    // From here on, a client like any other.
    let reply = greeter.say_hello(HelloRequest { name: "Ada".into() }).await?;
    println!("{}", reply.into_inner().message);
    Ok(())
}
