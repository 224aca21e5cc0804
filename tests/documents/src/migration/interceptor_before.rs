use std::{
    error::Error,
    sync::{Arc, RwLock},
};

use tonic::{Request, Status, service::Interceptor, transport::Channel};

use crate::{
    helloworld::{HelloRequest, greeter_client::GreeterClient},
    login::{Token, fetch_token},
};

/// Puts the newest token on each call.
#[derive(Clone)]
struct Bearer(Arc<RwLock<Token>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = self.0.read().map_err(|_| Status::internal("the lock is poisoned"))?;
        let value = token.bearer.parse().map_err(|_| Status::internal("the token is no header value"))?;
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// An interceptor cannot wait for a login, so a task has to be ahead of it.
async fn keep_fresh(endpoint: String, token: Arc<RwLock<Token>>) {
    loop {
        let Ok(lifetime) = token.read().map(|token| token.lifetime) else { return };
        tokio::time::sleep(lifetime * 9 / 10).await;
        let Ok(fresh) = fetch_token(&endpoint).await else { continue };
        let Ok(mut token) = token.write() else { return };
        *token = fresh;
    }
}

pub async fn greet(endpoint: &str, names: &[&str]) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    let token = Arc::new(RwLock::new(fetch_token(endpoint).await?));
    tokio::spawn(keep_fresh(endpoint.to_owned(), token.clone()));
    let channel = Channel::from_shared(endpoint.to_owned())?.connect().await?;
    let mut greeter = GreeterClient::with_interceptor(channel, Bearer(token));

    let mut replies = Vec::new();
    for name in names {
        let reply = greeter.say_hello(HelloRequest { name: name.to_string() }).await?;
        replies.push(reply.into_inner().message);
    }
    Ok(replies)
}
