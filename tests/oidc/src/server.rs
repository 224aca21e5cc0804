//! A gRPC server that asks the provider about each token.

use std::sync::Arc;

use tests::{
    call::numbered,
    peer::{Answer, Peer, bearer},
};

use crate::Provider;

/// Starts a server that lets in who has a token which the provider knows, and answers UNAUTHENTICATED to all others.
pub fn server(provider: &Arc<Provider>) -> Peer {
    let provider = Arc::clone(provider);
    Peer::start(move |exchange| {
        let provider = Arc::clone(&provider);
        let token = bearer(exchange.headers(), "authorization");
        async move {
            let admitted = match &token {
                Some(token) => provider.knows(token).await,
                None => false,
            };
            let answer = if admitted { Answer::message(&numbered(1)) } else { Answer::rejected() };
            exchange.run(answer).await;
        }
    })
}
