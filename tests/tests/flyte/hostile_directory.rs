//! A directory that somebody else has filled, and a program that is run in it: what is the user's stays the user's.

use std::{path::PathBuf, sync::Arc};

use auth_runtime::{
    AuthError, Credentials, Flow, FlowContext,
    flyte::{Connector, Origin},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::{
    call::{Kind, call},
    canary::{self, Canary},
    certificates::Certificates,
    identity_provider::IdentityProvider,
    peer::{Answer, Peer, Tokens},
    token_endpoint::{Answer as TokenAnswer, TokenEndpoint},
};
use tonic::Code;

use crate::{
    connection::{Flyte, Metadata, client, public, success},
    support::Surroundings,
};

/// Whoever wrote the directory: a Flyte of their own, with a provider, and a place where a program can leave a mark.
struct Attacker {
    canary: Arc<Canary>,
    flyte: Peer,
    provider: TokenEndpoint,
}

impl Attacker {
    fn start() -> Self {
        let provider = TokenEndpoint::answering((0..8).map(|_| TokenAnswer::token("bait", 3600)));
        let metadata = Metadata { token_endpoint: provider.url() };
        let flyte = Peer::start(move |exchange| {
            let answer = public(exchange.record().path(), &metadata).unwrap_or_else(|| match exchange.headers() {
                headers if headers.contains_key("flyte-authorization") => success(),
                _ => Answer::rejected(),
            });
            exchange.run(answer)
        });
        Self { canary: Arc::new(Canary::new()), flyte, provider }
    }

    /// What the victim has.
    fn secret(&self) -> String {
        self.canary.secret()
    }

    fn endpoint(&self) -> String {
        self.flyte.endpoint()
    }

    fn has(&self, secret: &str) -> bool {
        let keys = ["authorization", "flyte-authorization", "proxy-authorization", "x-leak"];
        let flyte = self.flyte.requests();
        let by_call = flyte
            .iter()
            .any(|request| keys.iter().any(|key| request.header(key).is_some_and(|value| value.contains(secret))));
        let provider = self.provider.requests();
        by_call
            || provider.iter().any(|request| {
                let basic = request.form_encoded_basic().is_some_and(|(_, given)| given == secret);
                basic || request.form.iter().any(|(_, value)| value == secret)
            })
    }
}

/// Hands out what the program has.
struct OfTheProgram(String);

impl Flow for OfTheProgram {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(&self.0))
    }
}

/// Runs a program there: it connects as configured and makes a call. The error is what its user is told.
async fn run(surroundings: &Surroundings) -> Result<Code, String> {
    run_with(surroundings, "a token").await
}

async fn run_with(surroundings: &Surroundings, token: &str) -> Result<Code, String> {
    let told = |error: AuthError| {
        canary::observe_error(&error);
        error.to_string()
    };
    let token = token.to_owned();
    let config = surroundings.load().map_err(told)?;
    let connector = Connector::new(config).register_flow("my_company", move |_config| Ok(OfTheProgram(token.clone())));
    let connection = connector.connect().await.map_err(told)?;
    Ok(call(&client(&connection), Kind::Unary).await.code())
}

/// The user is told which setting it is, which file has it, and how to trust that file.
fn assert_told(outcome: Result<Code, String>, setting: &str, file: &str) {
    let told = outcome.unwrap_err();
    assert!(told.contains(setting) && told.contains(file), "{setting}, {file}: {told}");
    assert!(told.contains("FLYTE_TRUSTED_CONFIG=/"), "{told}");
}

/// Each place of a file in YAML that is the directory's, and the directory that the program then runs in.
const PLACES: [(&str, &str); 4] = [
    ("work/config.yaml", "work"),
    ("work/.flyte/config.yaml", "work"),
    ("work/.flyte/config.yaml", "work/deep/below"),
    ("work/flytekit.yaml", "work"),
];

/// The victim's surroundings with a hostile file. The third place is the root of a repository, the fourth a relative path
/// that the victim's profile has.
fn hostile((file, directory): (&str, &'static str), yaml: &str) -> Surroundings {
    let mut surroundings = Surroundings::new();
    surroundings.write(file, yaml);
    surroundings.write("work/.git/HEAD", "ref: refs/heads/main\n");
    surroundings = surroundings.running_in(directory);
    match file {
        "work/flytekit.yaml" => surroundings.set("FLYTECTL_CONFIG", "flytekit.yaml"),
        _ => surroundings,
    }
}

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

#[tokio::test]
async fn an_endpoint_and_what_a_person_is_asked_may_stand_in_such_a_file() {
    for place in PLACES {
        let peer = Peer::answering([success()]);
        let yaml = format!(
            "admin:\n  endpoint: dns:///{}\n  insecure: true\n  authType: Pkce\n  publicClientId: tool\n  \
             scopes: [all]\n  audience: a\n  pkceConfig:\n    timeout: 3m\n  useAuth: true\n",
            peer.address()
        );
        let surroundings = hostile(place, &yaml);
        let config = surroundings.config();
        assert_eq!(config.public_client_id().value().as_deref(), Some("tool"));
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");
    }
}

#[tokio::test]
async fn the_users_secret_goes_to_the_endpoint_that_the_user_names_as_well() {
    let flyte = Flyte::start("flyte-authorization");
    for place in PLACES {
        let victim = Surroundings::new();
        let secret = victim.write("home/secret", &flyte.secret);
        let yaml = format!("admin:\n  endpoint: {}\n  clientId: my-service\n", flyte.peer.endpoint());
        let surroundings = hostile(place, &yaml)
            .set("FLYTE_PLATFORM_URL", flyte.peer.endpoint())
            .set("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", &secret);
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");

        // A key names its endpoint itself.
        let key = STANDARD.encode(format!("{}:my-service:{}:org", flyte.peer.endpoint(), flyte.secret));
        let surroundings = hostile(place, "admin:\n  endpoint: evil.example\n").set("FLYTE_API_KEY", key);
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");
    }
}

/// A file that has it all, of somebody who wrote it for themselves.
fn whole(flyte: &Flyte, surroundings: &Surroundings) -> (String, PathBuf) {
    let (secret, mark) = (surroundings.write("secret", &flyte.secret), surroundings.path("mark"));
    let script = format!("touch '{}'; echo proxy-token", mark.display());
    let yaml = format!(
        "admin:\n  endpoint: {}\n  clientId: my-service\n  clientSecretLocation: '{}'\n  tokenUrl: {}\n  \
         proxyCommand: [sh, -c, \"{script}\"]\n",
        flyte.peer.endpoint(),
        secret.display(),
        flyte.provider.url(),
    );
    (yaml, mark)
}

#[tokio::test]
async fn a_file_that_is_trusted_by_its_absolute_path_may_have_everything() {
    for (file, directory) in PLACES {
        for way in ["variable", "program"] {
            let flyte = Flyte::start("flyte-authorization");
            let owner = Surroundings::new();
            let (yaml, mark) = whole(&flyte, &owner);
            let mut surroundings = hostile((file, directory), &yaml);
            let path = surroundings.path(file);
            // Another one, and a relative path, are no yes to this one.
            for wrong in [owner.path("secret"), PathBuf::from(file), PathBuf::from("config.yaml")] {
                surroundings = surroundings.set("FLYTE_TRUSTED_CONFIG", &wrong).trusting(wrong);
                assert!(run(&surroundings).await.is_err(), "{file}");
                assert!(!mark.exists());
            }
            surroundings = match way {
                "variable" => {
                    let named = std::env::join_paths([PathBuf::from("/nowhere/config.yaml"), path]).unwrap();
                    surroundings.set("FLYTE_TRUSTED_CONFIG", named)
                }
                _ => surroundings.trusting(path),
            };
            assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{file} {way}");
            assert!(mark.exists(), "the program ran");
            assert_eq!(flyte.provider.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn the_users_own_files_may_have_everything_wherever_the_program_runs() {
    for (file, directory) in [
        ("home/.flyte/config.yaml", "work"),
        ("home/.flyte/config.yaml", "home"),
        ("home/.flyte/config.yaml", "home/.flyte"),
        ("home/.flyte/config.yaml", "home/deep/below"),
        ("home/.union/config.yaml", "work"),
        ("home/.flyte/auth-runtime.yaml", "work"),
        ("work/config.yaml", "work"),
    ] {
        let flyte = Flyte::start("flyte-authorization");
        let owner = Surroundings::new();
        let (yaml, mark) = whole(&flyte, &owner);
        let mut surroundings = Surroundings::new();
        let path = surroundings.write(file, &yaml);
        // Many keep their home directory in a repository.
        surroundings.write("home/.git/HEAD", "");
        surroundings = surroundings.running_in(directory);
        if file == "work/config.yaml" {
            // In place of Flyte 2's own order, in which the variable would come later.
            surroundings = surroundings.set("_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", path);
        }
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{file} {directory}");
        assert!(mark.exists(), "the program ran");
    }
}

#[test]
fn another_setting_for_an_endpoint_on_this_machine_is_the_files_own_affair() {
    for endpoint in ["localhost:30080", "dns:///localhost:30080", "127.0.0.1", "'[::1]:30080'"] {
        for key in ["insecure", "insecureSkipVerify"] {
            for place in PLACES {
                let config = hostile(place, &format!("admin:\n  endpoint: {endpoint}\n  {key}: true\n")).config();
                assert!(matches!(config.endpoint().origin(), Origin::File { line: 2, .. }));
                let elsewhere = format!("admin:\n  endpoint: localhost.evil.example\n  {key}: true\n");
                assert!(hostile(place, &elsewhere).complaint().contains(key), "{endpoint}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_passed_over() {
    let surroundings = Surroundings::new();
    surroundings.write("home/.flyte/config.yaml", "admin:\n  endpoint: usual\n");
    surroundings.write("work/.flyte/readme", "");
    for pipe in ["work/config.yaml", "work/.flyte/config.yaml", "work/flytekit.config"] {
        let made = std::process::Command::new("mkfifo").arg(surroundings.path(pipe)).status().unwrap();
        assert!(made.success());
    }
    assert_eq!(surroundings.config().endpoint().value().as_deref(), Some("usual"));
}
