//! Two programs that refresh one login in turn: neither asks anybody, and there is one entry all the time.

use auth_runtime::{Credentials, flyte::SharedKeyring, store::MemoryStore};
use tests::{
    call::{Kind, call, spawn},
    login::Login,
    store::logged_in_before,
};
use tonic::Code;

use super::{
    access_token,
    entry::{delete, get, items},
    next_run, refresh_token, refreshed, service, stored_by_flytekit,
};

const REFRESHES: usize = 20;

fn one_entry(login: &Login, expected: &Credentials) {
    for (user, token) in [("access_token", access_token(expected)), ("refresh_token", refresh_token(expected))] {
        assert_eq!(get(&service(login), user).as_deref(), Some(token), "{user}");
        assert_eq!(items(&service(login), user).len(), 1, "{user}");
    }
}

/// As flytekit does it: read, refresh, write.
async fn refreshed_by_flytekit(login: &Login, expected: &Credentials) -> Credentials {
    one_entry(login, expected);
    let next = refreshed(login, expected).await;
    stored_by_flytekit(login, &next);
    next
}

async fn refreshed_here(login: &Login, expected: &Credentials) -> Credentials {
    login.tokens.revoke(access_token(expected));
    let authenticator = next_run(login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    let next = authenticator.get_credentials().unwrap();
    assert!(!next.same_tokens(expected));
    one_entry(login, &next);
    next
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn flytekit_and_this_crate_refresh_one_login_in_turn_whoever_logged_in() {
    for logged_in_here in [true, false] {
        let login = Login::new();
        let mut current = match logged_in_here {
            true => logged_in_before(&login, SharedKeyring::new()).await,
            false => {
                let credentials = logged_in_before(&login, MemoryStore::new()).await;
                stored_by_flytekit(&login, &credentials);
                credentials
            }
        };
        for turn in 0..REFRESHES {
            current = match (turn % 2 == 0) == logged_in_here {
                true => refreshed_by_flytekit(&login, &current).await,
                false => refreshed_here(&login, &current).await,
            };
        }
        assert_eq!(login.prompt.shown().len(), 1, "logged in here: {logged_in_here}");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_program_whose_entry_flytekit_deleted_is_logged_out() {
    let login = Login::new();
    logged_in_before(&login, SharedKeyring::new()).await;
    let authenticator = next_run(&login, SharedKeyring::new());
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    let requests = login.provider.requests("/token").len();

    delete(&service(&login), "access_token");
    delete(&service(&login), "refresh_token");
    login.tokens.revoke_all();
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    let asked = login.provider.requests("/token");
    assert!(asked[requests..].iter().all(|request| request.field("refresh_token").is_none()));
}
