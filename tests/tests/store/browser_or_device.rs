//! A person's login is one, whether it was made in the browser or on another device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{fmt::Debug, path::Path};

use auth_runtime::{Authenticator, Flow, store::FileStore};
use tests::{
    call::{Kind, call},
    login::Login,
    store::logged_in_before,
};
use tonic::Code;

fn program(login: &Login, flow: impl Flow + Debug, directory: &Path) -> Authenticator {
    login.builder(flow).store(FileStore::new(directory)).build().unwrap()
}

#[tokio::test]
async fn a_login_in_the_browser_is_used_refreshed_and_ended_by_a_program_that_asks_on_another_device() {
    let (login, directory) = (Login::new(), tempfile::tempdir().unwrap());
    logged_in_before(&login, FileStore::new(directory.path())).await;
    let elsewhere = program(&login, login.device_code().scopes(["all", "offline"]), directory.path());
    let client = login.client(&elsewhere);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    login.tokens.revoke_all();
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!(
        (login.prompt.shown().len(), login.provider.requests("/token").len()),
        (1, 2),
        "refreshed, asked nobody"
    );

    elsewhere.logout().await.unwrap();
    let here = program(&login, login.pkce(), directory.path());
    let (outcome, _) = tokio::join!(here.login(), login.log_in(1));
    outcome.unwrap();
    assert_eq!(login.prompt.shown().len(), 2, "nothing was left");
}
