//! The command line with Flyte's own configuration instead of arguments.

use flyte_admin::{server::WireShape, token_endpoint::TokenEndpoint};

use crate::{
    home::{Home, text},
    stand_in::{CLIENT_ID, CLIENT_SECRET, server, token_endpoint},
};

async fn flyte() -> (TokenEndpoint, flyte_admin::server::FlyteServer) {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::HeadersThenTrailers, true).await;
    (tokens, server)
}

#[tokio::test]
async fn commands_use_the_configured_flyte() {
    let (tokens, server) = flyte().await;
    let home = Home::for_endpoint(&server.endpoint());
    assert!(home.output(&["version"]).await.contains("build       embedded"));
    assert_eq!(tokens.requests(), 1);
}

#[tokio::test]
async fn login_says_where_and_for_how_long() {
    let (_tokens, server) = flyte().await;
    let said = Home::for_endpoint(&server.endpoint()).output(&["login"]).await;
    assert!(said.starts_with(&format!("logged in to {}; the token lasts ", server.endpoint())), "{said}");
}

#[tokio::test]
async fn whoami_is_the_identity_services_response() {
    let (_tokens, server) = flyte().await;
    let said = Home::for_endpoint(&server.endpoint()).output(&["whoami"]).await;
    assert_eq!(
        said,
        format!("a client, not a person\nclient_id   {CLIENT_ID}\nscp         all offline\nsub         {CLIENT_ID}\n")
    );
}

#[tokio::test]
async fn logout_of_a_login_that_is_not_kept_says_so() {
    let said = Home::for_endpoint("http://127.0.0.1:1").output(&["logout"]).await;
    assert_eq!(said, "no login to http://127.0.0.1:1 was kept on this machine\n");
}

#[tokio::test]
async fn config_shows_each_setting_with_its_origin_and_hides_secrets() {
    let home = Home::for_endpoint("dns:///flyte.example.com");
    let variables = [("FLYTE_PLATFORM_INSECURE", "true"), ("FLYTE_CREDENTIALS_CLIENT_SECRET", CLIENT_SECRET)];
    let output = home.run(&["config"], &variables).await;
    let said = text(&output.stdout);
    let file = home.path().join(".flyte/config.yaml");
    let words: Vec<Vec<_>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.contains(&vec!["admin.endpoint", "dns:///flyte.example.com", &format!("({}:2)", file.display())]));
    assert!(words.contains(&vec!["admin.insecure", "true", "(FLYTE_PLATFORM_INSECURE)"]), "{said}");
    assert!(words.contains(&vec!["admin.audience", "-", "(default)"]), "{said}");
    assert!(words.contains(&vec!["client", "secret", "(hidden)", "(FLYTE_CREDENTIALS_CLIENT_SECRET)"]), "{said}");
}

#[tokio::test]
async fn a_switch_takes_a_denial_as_it_is_whatever_file_and_variable_say() {
    let home = Home::with_config("  endpoint: flyte.example.com\n  loginOnPermissionDenied: true\n");
    let key = "admin.loginOnPermissionDenied";
    for (arguments, variables, expected) in [
        (&["config"][..], &[][..], "true"),
        (&["config"], &[("FLYTE_ADMIN_LOGINONPERMISSIONDENIED", "false")], "false"),
        (&["config", "--no-login-on-permission-denied"], &[], "false"),
        (&["--no-login-on-permission-denied", "config"], &[("FLYTE_ADMIN_LOGINONPERMISSIONDENIED", "true")], "false"),
    ] {
        let said = text(&home.run(arguments, variables).await.stdout);
        let line = said.lines().find(|line| line.starts_with(key)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(expected), "{arguments:?} {variables:?}: {line}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_a_warning_and_a_wrong_type_an_error() {
    let home = Home::with_config("  endpoint: a.example\n  clientID2: a\n");
    let output = home.run(&["config"], &[]).await;
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    assert!(said.starts_with("warning: ") && said.contains("config.yaml:3: the key `admin.clientID2`"), "{said}");

    let output = Home::with_config("  insecure: perhaps\n").run(&["version"], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("admin.insecure: it is neither true nor false") && said.contains("config.yaml:2"), "{said}");
}

#[tokio::test]
async fn without_a_person_to_ask_the_error_names_the_command_to_run() {
    let (_tokens, server) = flyte().await;
    let home =
        Home::with_config(&format!("  endpoint: {}\n  authType: Pkce\n  disableKeyring: true\n", server.endpoint()));
    let output = home.run(&["version"], &[("FLYTE_NON_INTERACTIVE", "1")]).await;
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("log in with `flyte-admin login`"), "{said}");
}

#[tokio::test]
async fn status_says_where_logins_are_kept_and_that_there_is_none() {
    let person = "  endpoint: http://127.0.0.1:1\n  authType: Pkce\n";
    let no_keyring = format!("{person}  disableKeyring: true\n");
    for (admin, variables, expected) in [
        (person, &[][..], "not encrypted"),
        (&no_keyring, &[], "not encrypted"),
        (person, &[("FLYTE_ADMIN_LOGINSTORE", "file")], "not encrypted"),
        (person, &[("FLYTE_ADMIN_LOGINSTORE", "memory")], "kept in memory only, until this program ends"),
    ] {
        let home = Home::with_config(admin);
        let output = home.run(&["status"], variables).await;
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{admin} {variables:?}");
        let said = text(&output.stdout);
        let directory = home.path().join(".local/state/flyte/logins").display().to_string();
        assert_eq!(said.contains(&directory), expected == "not encrypted", "{said}");
        assert!(said.contains(expected) && said.ends_with("login       none\n"), "{said}");
    }
    let client = Home::for_endpoint("http://127.0.0.1:1").output(&["status"]).await;
    assert!(client.contains("not kept: this configuration logs in without a person"), "{client}");
}

#[tokio::test]
async fn a_place_that_is_none_is_an_error_that_names_the_places() {
    let home = Home::with_config("  endpoint: http://127.0.0.1:1\n  authType: Pkce\n");
    let output = home.run(&["status"], &[("FLYTE_ADMIN_LOGINSTORE", "vault")]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("`vault` is no place for logins; use keyring, file or memory"), "{said}");
}

#[tokio::test]
async fn status_as_json_says_where_logins_are_kept() {
    let home = Home::with_config("  endpoint: http://127.0.0.1:1\n  authType: Pkce\n");
    let output = home.run(&["status", "--output", "json"], &[("FLYTE_ADMIN_LOGINSTORE", "file")]).await;
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let directory = home.path().join(".local/state/flyte/logins").display().to_string();
    let kept = serde_json::json!({ "kept": "file", "directory": directory });
    assert_eq!((&status["logins"], &status["login"]), (&kept, &serde_json::Value::Null));
}
