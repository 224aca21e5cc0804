//! Flyte 2's real client and this crate refresh one login in turn, in Flyte 2's layout.

use std::env;

use auth_runtime::{
    Credentials,
    flyte::{KeyringLayout, SharedKeyring},
};
use serde_json::Value;
use tests::{
    call::{Kind, call},
    identity_provider::CLIENT_ID,
    login::Login,
    process::Process,
    reserved_address::ReservedAddress,
    store::logged_in_before,
};
use tokio::process::Command;
use tonic::Code;

use super::{
    access_token,
    entry::{get, items},
    next_run, refresh_token, service,
};

const REFRESHES: usize = 20;
const USER: &str = "tokens";

fn ours() -> SharedKeyring {
    SharedKeyring::new().write_as(KeyringLayout::Flyte2)
}

/// It takes the address itself when somebody logs in.
fn flyte_2(login: &Login, address: &ReservedAddress) -> Process {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/keyring");
    let mut command = Command::new(env::var_os("KEYRING_PYTHON").expect("run tests/keyring/run"));
    command.arg(format!("{here}/flyte2_peer.py"));
    command.args([login.peer.endpoint(), login.provider.url("/authorize"), login.provider.url("/token")]);
    command.args([&format!("http://{address}/callback"), CLIENT_ID]);
    let python = env::var("KEYRING_PYTHON").unwrap();
    Process::start_as(command.env("BROWSER", format!("{python} {here}/browser.py %s")))
}

/// What is stored: the access token and the refresh token.
fn stored(login: &Login) -> (String, String) {
    assert_eq!(items(&service(login), USER).len(), 1);
    let tokens: Value = serde_json::from_str(&get(&service(login), USER).unwrap()).unwrap();
    (tokens["access_token"].as_str().unwrap().to_owned(), tokens["refresh_token"].as_str().unwrap().to_owned())
}

async fn refreshed_here(login: &Login) -> Credentials {
    let authenticator = next_run(login, ours());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    authenticator.get_credentials().unwrap()
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn flyte_2_and_this_crate_refresh_one_login_in_turn_whoever_logged_in() {
    for logged_in_here in [true, false] {
        let (address, login) = (ReservedAddress::new(), Login::new());
        let mut flyte_2 = flyte_2(&login, &address);
        if logged_in_here {
            logged_in_before(&login, ours()).await;
        } else {
            assert_eq!(flyte_2.ask("log in").await, "refreshed");
        }
        let asked = login.provider.requests("/authorize").len();
        for turn in 0..REFRESHES {
            let before = stored(&login);
            login.tokens.revoke(&before.0);
            if (turn % 2 == 0) == logged_in_here {
                assert_eq!(flyte_2.ask("refresh").await, "refreshed", "turn {turn}");
            } else {
                let credentials = refreshed_here(&login).await;
                let now = (access_token(&credentials).to_owned(), refresh_token(&credentials).to_owned());
                assert_eq!(stored(&login), now, "turn {turn}");
            }
            let after = stored(&login);
            assert!(after.0 != before.0 && after.1 != before.1, "turn {turn}");
        }
        assert_eq!(login.provider.requests("/authorize").len(), asked, "nobody was asked again");
    }
}
