//! Two programs with one login, at a provider that punishes who uses a refresh token twice.

use std::{env, time::Duration};

use auth_runtime::{Authenticator, Interaction, flow::Pkce, store::FileStore};
use oidc::{Browser, Keycloak};
use tests::{
    call::{Kind, call},
    calls::calls_client::AuthenticatedCallsClient,
    process::{Process, alone},
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::person::Person;

/// What the other program is told: server, issuer, client, folder.
const SETTINGS: &str = "KEYCLOAK_TEST_PROGRAM";
const ROUNDS: usize = 3;

#[tokio::test]
async fn two_programs_refresh_at_once_and_no_refresh_token_is_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let person = Person::with(Keycloak::pkce, |settings| settings.store(FileStore::new(folder.path()))).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;

    let settings = [
        &person.peer.endpoint(),
        &person.keycloak.issuer(),
        person.keycloak.client_id(),
        folder.path().to_str().unwrap(),
    ]
    .join(" ");
    let mut programs: Vec<_> = (0..2)
        .map(|_| {
            let mut program = alone(module_path!(), "another_program");
            Process::start_as(program.arg("--ignored").env(SETTINGS, &settings))
        })
        .collect();
    for round in 0..ROUNDS {
        person.until_over().await;
        for program in &mut programs {
            program.tell("call").await;
        }
        for program in &mut programs {
            assert_eq!(answer(program).await, "Ok", "round {round}");
        }
        assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
    }
    let events = person.keycloak.events().await;
    assert!(!events.iter().any(|event| event.contains("ERROR")), "{events:?}");
    // More where a program has used a token that was about to expire.
    let refreshes = events.iter().filter(|event| *event == "REFRESH_TOKEN").count();
    assert!(refreshes >= ROUNDS, "{events:?}");
    assert_eq!(person.prompt.shown().len(), 1);
    browser.close().await;
}

/// What it says itself, without what the frame of its tests says.
async fn answer(program: &mut Process) -> String {
    loop {
        let line = program.answer().await.expect("the program has ended");
        if let Some(answer) = line.strip_prefix("answer ") {
            return answer.to_owned();
        }
    }
}

/// Not a test of its own: the one above runs it. It makes a call for each line that it reads.
#[tokio::test]
#[ignore = "a program that another test runs"]
async fn another_program() {
    let Ok(settings) = env::var(SETTINGS) else { return };
    let [server, issuer, client_id, folder] = settings.split(' ').collect::<Vec<_>>()[..] else { panic!("{settings}") };
    let flow = Pkce::new().client_id(client_id).redirect_uri("http://127.0.0.1:0/callback").scopes(["openid"]);
    let builder = Authenticator::builder(server).issuer(issuer).flow(flow).store(FileStore::new(folder));
    let authenticator = builder.interaction(Interaction::Never).without_provider_notes().build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {
        let outcome = tokio::time::timeout(Duration::from_secs(60), call(&client, Kind::Unary)).await.unwrap();
        println!("\nanswer {:?}", outcome.code());
    }
}
