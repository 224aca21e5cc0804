//! Both sides of each diff in docs/migration.md are called, at the server of docs/getting-started.md.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use documents::{helloworld, migration};
use tokio::sync::Mutex;
use tonic::Code;

#[path = "../../../examples/getting-started/src/server.rs"]
mod server;

/// The server counts in statics: one test at a time begins with a token's first greeting and leaves none over.
static TURN: Mutex<()> = Mutex::const_new(());

const NAMES: [&str; 4] = ["Ada", "Grace", "Barbara", "Frances"];

#[tokio::test]
async fn from_an_interceptor() {
    let _turn = TURN.lock().await;
    let endpoint = server::start().await.unwrap();
    // The fourth greeting comes with a token that is not good any more, and nothing can be done about it.
    rejected(migration::interceptor_before::greet(&endpoint, &NAMES).await);
    greeted(migration::interceptor_after::greet(&endpoint, &NAMES).await);
    greeted(migration::authenticated_client::greet(&endpoint, &NAMES).await);
}

#[tokio::test]
async fn from_a_layer() {
    let _turn = TURN.lock().await;
    let endpoint = server::start().await.unwrap();
    rejected(migration::layer_before::greet(&endpoint, &NAMES).await);
    greeted(migration::layer_after::greet(&endpoint, &NAMES).await);
}

type Greetings = Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>;

fn greeted(greetings: Greetings) {
    let greetings = greetings.unwrap();
    assert_eq!(greetings.len(), NAMES.len());
    for (greeting, name) in greetings.iter().zip(NAMES) {
        assert!(greeting.starts_with(&format!("Hello {name}, who came with token-")), "{greeting}");
    }
}

fn rejected(greetings: Greetings) {
    let error = greetings.unwrap_err();
    assert_eq!(error.downcast_ref::<tonic::Status>().unwrap().code(), Code::Unauthenticated, "{error}");
}
