//! A directory that somebody else has filled, and a program that is run in it: what is the user's stays the user's.

use std::sync::Arc;

use auth_runtime::flyte::Connector;
use tests::{
    call::{Kind, call},
    canary::Canary,
    certificates::Certificates,
    identity_provider::IdentityProvider,
    peer::Tokens,
    token_endpoint::Answer as TokenAnswer,
};
use tonic::Code;

use crate::{
    attacker::{Attacker, OfTheProgram, PLACES, assert_told, hostile, run, run_with},
    connection::{Flyte, client},
    support::Surroundings,
};

fn print_from(path: &std::path::Path) -> String {
    format!("[cat, '{}']", path.display())
}

#[tokio::test]
async fn no_program_is_run_that_such_a_file_names() {
    for place in PLACES {
        for (auth_type, key) in [("ExternalCommand", "command"), ("None", "proxyCommand")] {
            let attacker = Attacker::start();
            let surroundings = Surroundings::new();
            let mark = surroundings.path("mark");
            let yaml = format!(
                "admin:\n  endpoint: {}\n  authType: {auth_type}\n  {key}: [touch, '{}']\n",
                attacker.endpoint(),
                mark.display()
            );
            let outcome = run(&hostile(place, &yaml)).await;
            assert!(!mark.exists(), "{place:?}: the program ran");
            assert_told(outcome, &format!("admin.{key}"), place.0);
        }
    }
}

#[tokio::test]
async fn no_program_is_run_that_flytekits_file_or_our_own_names() {
    let attacker = Attacker::start();
    let victim = Surroundings::new();
    let mark = victim.path("mark");
    let touch = format!("touch,{}", mark.display());
    victim.write(
        "work/flytekit.config",
        &format!(
            "[platform]\nurl = {}\n[credentials]\nauth_mode = ExternalCommand\ncommand = {touch}\n",
            attacker.endpoint()
        ),
    );
    let outcome = run(&victim).await;
    assert!(!mark.exists(), "the program ran");
    assert_told(outcome, "admin.command", "flytekit.config:5");

    // Beside a file that is trusted by name.
    let victim = Surroundings::new();
    let mark = victim.path("mark");
    let shared = victim.write("work/config.yaml", &format!("admin:\n  endpoint: {}\n", attacker.endpoint()));
    victim.write(
        "work/auth-runtime.yaml",
        &format!("admin:\n  authType: ExternalCommand\n  command: [touch, '{}']\n", mark.display()),
    );
    for victim in [victim.set("FLYTECTL_CONFIG", &shared)] {
        assert!(run(&victim).await.is_err());
        let outcome = run(&victim.trusting(shared.clone())).await;
        assert!(!mark.exists(), "the program ran");
        assert_told(outcome, "admin.command", "auth-runtime.yaml:3");
    }
}

/// `/tmp/config.yaml` is the user's. Anybody can put our own file beside it.
#[cfg(unix)]
#[tokio::test]
async fn our_own_file_is_not_believed_where_others_can_put_it_beside_the_users() {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    };

    let set_mode = |path: &std::path::Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    for attack in ["a folder for all", "a folder for a group", "a file for all", "a link", "theirs", "their folder"] {
        let attacker = Attacker::start();
        let victim = Surroundings::new();
        let mark = victim.path("mark");
        let shared = victim.write("named/config.yaml", &format!("admin:\n  endpoint: {}\n", attacker.endpoint()));
        let yaml = format!("admin:\n  authType: ExternalCommand\n  command: [touch, '{}']\n", mark.display());
        let own = victim.path("named/auth-runtime.yaml");
        let folder = own.parent().unwrap();
        match attack {
            "a link" => symlink(victim.write("elsewhere/theirs.yaml", &yaml), &own).unwrap(),
            _ => fs::write(&own, &yaml).unwrap(),
        }
        set_mode(folder, 0o755);
        set_mode(&own, 0o644);
        match attack {
            "a folder for all" => set_mode(folder, 0o1777),
            "a folder for a group" => set_mode(folder, 0o775),
            "a file for all" => set_mode(&own, 0o666),
            "a link" => set_mode(&victim.path("elsewhere"), 0o1777),
            // Only root can give a file away.
            _ if fs::metadata(&own).unwrap().uid() != 0 => continue,
            "theirs" => chown(&own, Some(65534), None).unwrap(),
            _ => chown(folder, Some(65534), None).unwrap(),
        }
        let victim = victim.set("FLYTECTL_CONFIG", &shared);
        let outcome = run(&victim).await;
        assert!(!mark.exists(), "{attack}: the program ran");
        assert_told(outcome, "admin.command", "auth-runtime.yaml:3");
        let victim = victim.trusting(&own);
        let outcome = run(&victim).await;
        assert!(mark.exists(), "{attack}: the user trusts it by name: {outcome:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn our_own_file_is_believed_beside_the_users_where_only_the_user_can_put_it() {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt as _,
    };

    // In the user's own directories it is, whoever may write there.
    for (folder, mode) in [("named", 0o755), ("named", 0o700), ("home/.flyte", 0o777)] {
        let attacker = Attacker::start();
        let user = Surroundings::new();
        let mark = user.path("mark");
        let yaml = format!("admin:\n  endpoint: {}\n", attacker.endpoint());
        let shared = user.write(&format!("{folder}/config.yaml"), &yaml);
        let yaml = format!("admin:\n  authType: ExternalCommand\n  command: [touch, '{}']\n", mark.display());
        let own = user.write(&format!("{folder}/auth-runtime.yaml"), &yaml);
        fs::set_permissions(&own, Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(user.path(folder), Permissions::from_mode(mode)).unwrap();
        let user = user.set("FLYTECTL_CONFIG", &shared);
        let outcome = run(&user).await;
        assert!(mark.exists(), "{folder} {mode:o}: {outcome:?}");
    }
}

#[tokio::test]
async fn no_secret_is_read_that_such_a_file_names() {
    for place in PLACES {
        let attacker = Attacker::start();
        let secret = attacker.secret();
        let victim = Surroundings::new();
        let file = victim.write("home/.ssh/a_secret", &secret);
        for (setting, key) in [
            (format!("clientSecretLocation: '{}'", file.display()), "admin.clientSecretLocation"),
            ("clientSecretEnvVar: AWS_SECRET_ACCESS_KEY".to_owned(), "admin.clientSecretEnvVar"),
        ] {
            let yaml = format!("admin:\n  endpoint: {}\n  clientId: mine\n  {setting}\n", attacker.endpoint());
            let outcome = run(&hostile(place, &yaml).set("AWS_SECRET_ACCESS_KEY", &secret)).await;
            assert!(!attacker.has(&secret), "{place:?} {key}: the secret is gone");
            assert_told(outcome, key, place.0);
        }
    }
}

#[tokio::test]
async fn the_users_secrets_do_not_go_to_an_endpoint_that_only_such_a_file_names() {
    for place in PLACES {
        let attacker = Attacker::start();
        let secret = attacker.secret();
        let victim = Surroundings::new();
        let file = victim.write("home/secret", &secret);
        let location = file.display().to_string();
        let print = print_from(&file);
        let with_secret: [(&[(&str, &str)], &str); 7] = [
            (&[("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", &location)], "the client's secret"),
            (&[("FLYTE_ADMIN_CLIENTSECRETENVVAR", "THEIRS"), ("THEIRS", &secret)], "the client's secret"),
            (
                &[("FLYTE_CREDENTIALS_CLIENT_SECRET", &secret), ("FLYTE_AUTH_TYPE", "ClientSecret")],
                "the client's secret",
            ),
            (&[("FLYTE_AUTH_TYPE", "ExternalCommand"), ("FLYTE_AUTH_COMMAND", &print)], "the token of admin.command"),
            (&[("FLYTE_AUTH_PROXY_COMMAND", &print)], "the token of admin.proxyCommand"),
            (&[("FLYTE_AUTH_TYPE", "my_company")], "a flow of the program's own"),
            (&[("FLYTE_AUTH_TYPE", "Passthrough")], "the credentials of a call"),
        ];
        let yaml = format!("admin:\n  endpoint: {}\n  insecure: true\n", attacker.endpoint());
        for (variables, what) in with_secret {
            let mut surroundings = hostile(place, &yaml).set("FLYTE_CREDENTIALS_CLIENT_ID", "mine");
            for (name, value) in variables {
                // Each client's way to write a command.
                surroundings = surroundings.set(name, value.replace("[cat, ", "cat ").replace(']', ""));
            }
            let outcome = run_with(&surroundings, &secret).await;
            assert!(!attacker.has(&secret), "{place:?} {what}: the secret is gone");
            assert!(outcome.as_ref().is_err_and(|told| told.contains(what)), "{what}: {outcome:?}");
            assert_told(outcome, "admin.endpoint", place.0);
        }
    }
}

#[tokio::test]
async fn such_a_file_does_not_choose_a_flow_of_the_programs_own_for_its_endpoint() {
    for place in PLACES {
        let attacker = Attacker::start();
        let token = attacker.secret();
        let yaml = format!("admin:\n  endpoint: {}\n  authType: my_company\n", attacker.endpoint());
        let outcome = run_with(&hostile(place, &yaml), &token).await;
        assert!(!attacker.has(&token), "{place:?}: the token is gone");
        assert_told(outcome, "admin.endpoint", place.0);
    }
}

#[tokio::test]
async fn what_the_programs_own_flow_brings_does_not_go_to_an_endpoint_that_only_such_a_file_names() {
    for place in PLACES {
        let attacker = Attacker::start();
        let token = attacker.secret();
        let yaml = format!("admin:\n  endpoint: {}\n", attacker.endpoint());
        let flow = OfTheProgram(token.clone());
        let connector = Connector::new(hostile(place, &yaml).config()).adjust(|builder| builder.flow(flow));
        let outcome = match connector.connect().await {
            Ok(connection) => Ok(call(&client(&connection), Kind::Unary).await.code()),
            Err(error) => Err(error.to_string()),
        };
        assert!(!attacker.has(&token), "{place:?}: the token is gone");
        assert_told(outcome, "admin.endpoint", place.0);
    }
}

/// Where the user has said all that is needed, and such a file one thing more.
async fn assert_refused_beside_the_users_own(place: (&str, &'static str), more: &str, setting: &str) {
    let (attacker, flyte) = (Attacker::start(), Flyte::start("flyte-authorization"));
    let victim = Surroundings::new();
    let secret = victim.write("home/secret", &flyte.secret);
    let issuer = evil_issuer(&attacker);
    let more = more
        .replace("EVIL_TOKEN_URL", &attacker.provider.url())
        .replace("EVIL_ISSUER", &issuer.url(""))
        .replace("EVIL_PROXY", attacker.provider.url().trim_end_matches("/token"));
    let surroundings = hostile(place, &format!("admin:\n  {more}\n"))
        .set("FLYTE_PLATFORM_URL", flyte.peer.endpoint())
        .set("FLYTE_CREDENTIALS_CLIENT_ID", "my-service")
        .set("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", &secret);
    let outcome = run(&surroundings).await;
    assert!(!attacker.has(&flyte.secret), "{place:?} {more}: the secret is gone");
    assert!(issuer.requests("/.well-known/oauth-authorization-server").is_empty(), "{more}: the issuer was asked");
    let leaked = flyte.peer.requests().iter().any(|request| request.header("x-leak").is_some());
    assert!(!leaked, "{more}: the token is where nobody hides it");
    assert_told(outcome, setting, place.0);
}

/// It names the attacker's token endpoint.
fn evil_issuer(attacker: &Attacker) -> IdentityProvider {
    let issuer = IdentityProvider::start(Arc::new(Canary::new()), Tokens::new());
    let metadata = serde_json::json!({ "issuer": issuer.url(""), "token_endpoint": attacker.provider.url() });
    issuer.publish("/.well-known/oauth-authorization-server", TokenAnswer::json(200, metadata));
    issuer
}

#[tokio::test]
async fn such_a_file_does_not_say_where_the_users_secret_is_sent_or_how() {
    for place in PLACES {
        for (more, setting) in [
            ("tokenUrl: EVIL_TOKEN_URL", "admin.tokenUrl"),
            ("issuer: EVIL_ISSUER", "admin.issuer"),
            ("httpProxyURL: EVIL_PROXY", "admin.httpProxyURL"),
            ("authorizationHeader: x-leak", "admin.authorizationHeader"),
            ("authorizationUrl: EVIL_TOKEN_URL", "admin.authorizationUrl"),
            ("deviceAuthorizationUrl: EVIL_TOKEN_URL", "admin.deviceAuthorizationUrl"),
        ] {
            assert_refused_beside_the_users_own(place, more, setting).await;
        }
    }
}

#[tokio::test]
async fn such_a_file_does_not_say_whose_certificates_are_good() {
    for place in PLACES {
        let attacker = Attacker::start();
        let token = attacker.secret();
        let certificates = Certificates::naming(&["localhost", "127.0.0.1"]);
        let between = certificates.in_front_of(attacker.flyte.address()).await;
        // 0.0.0.0 leads to this machine, and does not count as it.
        for (endpoint, setting, key) in [
            (
                format!("https://localhost:{}", between.port()),
                format!("caCertFilePath: '{}'", certificates.authority_file().display()),
                "admin.caCertFilePath",
            ),
            (
                format!("https://0.0.0.0:{}", between.port()),
                "insecureSkipVerify: true".to_owned(),
                "admin.insecureSkipVerify",
            ),
            (format!("0.0.0.0:{}", attacker.flyte.address().port()), "insecure: true".to_owned(), "admin.insecure"),
        ] {
            let surroundings = hostile(place, &format!("admin:\n  {setting}\n"))
                .set("FLYTE_PLATFORM_URL", &endpoint)
                .set("FLYTE_CREDENTIALS_AUTH_MODE", "my_company");
            let outcome = run_with(&surroundings, &token).await;
            assert!(!attacker.has(&token), "{place:?} {key}: the token is gone");
            assert_told(outcome, key, place.0);
        }
    }
}

#[tokio::test]
async fn what_such_a_file_says_for_this_machine_does_not_hold_for_an_endpoint_of_the_programs() {
    for place in PLACES {
        for key in ["insecure", "insecureSkipVerify"] {
            let yaml = format!("admin:\n  endpoint: localhost:30080\n  {key}: true\n");
            let config = hostile(place, &yaml).config().with_endpoint("flyte.example.com".to_owned());
            let outcome = Connector::new(config).connect_lazy().map(|_connection| Code::Ok);
            assert_told(outcome.map_err(|error| error.to_string()), &format!("admin.{key}"), place.0);
        }
    }
}
