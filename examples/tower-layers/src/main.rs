//! Layers above and below the authentication, and what a time-out bounds there.
#![forbid(unsafe_code)]

use std::{
    error::Error,
    future::{Ready, ready},
    time::Duration,
};

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::{AuthenticatedGreeterClient, GREETER_METHODS, GreeterClient},
};
use tokio::time::sleep;
use tonic::{Code, Response, Status};
use tower::{ServiceBuilder, ServiceExt as _, retry::Policy, service_fn};
use tower_http::trace::TraceLayer;

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}
mod server;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let (seconds, hello) = (Duration::from_secs, |name: &str| GreetRequest { name: name.into() });
    let session = || Authenticator::builder("http://localhost").flow(LoginOfFiveSeconds);

    // Below the authentication: each attempt passes once, with its token. The login is not among what is bounded.
    let below = ServiceBuilder::new().layer(TraceLayer::new_for_grpc()).concurrency_limit(64).timeout(seconds(2));
    let channel = session().build()?.over(below.service(server::connect().await?));
    let client = AuthenticatedGreeterClient::new(channel);
    println!("{}", client.greet(hello("Ali")).await?.into_inner().greeting);
    let Err(status) = client.greet(hello("nobody")).await else { return Err("an attempt was to be bounded".into()) };
    println!("an attempt is given up: {status}");

    // Above it: each call passes once, login and both attempts included. Tonic's own client goes over any service.
    let channel = session().build()?.over(server::connect().await?).methods(&GREETER_METHODS);
    let above = ServiceBuilder::new().layer(TraceLayer::new_for_grpc()).concurrency_limit(64).timeout(seconds(2));
    let mut bounded = GreeterClient::new(above.service(channel));
    let Err(status) = bounded.greet(hello("Ali")).await else { return Err("a call was to be bounded".into()) };
    println!("a call is given up: {status}");

    // A deadline bounds the same, and ends a call with the code that is meant for it.
    let channel = session().call_timeout(seconds(2)).build()?.over(server::connect().await?);
    match AuthenticatedGreeterClient::new(channel).greet(hello("Ali")).await {
        Err(status) if status.code() == Code::DeadlineExceeded => println!("a call is over: {status}"),
        other => return Err(format!("{other:?}").into()),
    }

    // Above the client: messages, which can be sent again where the bytes of a call cannot.
    let greet = service_fn(move |request: GreetRequest| client.greet(request));
    let retried = ServiceBuilder::new().retry(Unavailable { times: 3 }).service(greet);
    println!("{}", retried.oneshot(hello("the third")).await?.into_inner().greeting);
    Ok(())
}

/// Sends a call again whose server is not there.
#[derive(Clone)]
struct Unavailable {
    times: u32,
}

impl Policy<GreetRequest, Response<GreetResponse>, Status> for Unavailable {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut GreetRequest,
        result: &mut Result<Response<GreetResponse>, Status>,
    ) -> Option<Ready<()>> {
        self.times = self.times.checked_sub(1)?;
        matches!(result, Err(status) if status.code() == Code::Unavailable).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &GreetRequest) -> Option<GreetRequest> {
        Some(request.clone())
    }
}

struct LoginOfFiveSeconds;

impl Flow for LoginOfFiveSeconds {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        sleep(Duration::from_secs(5)).await;
        Ok(Credentials::new("opensesame"))
    }
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}
