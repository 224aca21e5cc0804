//! A gRPC server that asks the provider about each token.

use std::{future::Future, sync::Arc};

use tests::{
    call::numbered,
    peer::{Answer, Peer, bearer},
};

use crate::Provider;

/// Starts a server that lets in who has a token which the provider knows, and answers UNAUTHENTICATED to all others.
pub fn server(provider: &Arc<Provider>) -> Peer {
    let provider = Arc::clone(provider);
    server_that_asks(move |token| {
        let provider = Arc::clone(&provider);
        async move { provider.knows(&token).await }
    })
}

/// The same, for whoever knows the tokens.
pub fn server_that_asks<A>(knows: impl Fn(String) -> A + Send + Sync + 'static) -> Peer
where
    A: Future<Output = bool> + Send + 'static,
{
    Peer::start(move |exchange| {
        let known = bearer(exchange.headers(), "authorization").map(&knows);
        async move {
            let admitted = match known {
                Some(known) => known.await,
                None => false,
            };
            let answer = if admitted { Answer::message(&numbered(1)) } else { Answer::rejected() };
            exchange.run(answer).await;
        }
    })
}
