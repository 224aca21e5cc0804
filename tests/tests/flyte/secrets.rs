//! Where the client's secret is, and what that says about the login.

use auth_runtime::{
    AuthErrorKind,
    flyte::{AuthType, Connector, Origin},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::canary::{self, Canary};

use crate::{
    connection::Flyte,
    support::{Surroundings, effective},
};

#[test]
fn no_secret_is_shown() {
    let canary = Canary::new();
    let config = Surroundings::with_yaml("admin:\n  clientSecretEnvVar: MY_SECRET\n")
        .set("MY_SECRET", canary.secret())
        .set("FLYTE_CREDENTIALS_CLIENT_SECRET", canary.secret())
        .set(
            "FLYTE_PLATFORM_HTTP_PROXY_URL",
            format!("http://me:{}@proxy.example:3128", canary.secret().replace('/', "_")),
        )
        .set("FLYTE_CREDENTIALS_COMMAND", format!("print-token,{}", canary.secret()))
        .config();
    canary::observe(&config);
    canary::observe(&Connector::new(config.clone()));
    assert_eq!(effective(&config, "admin.httpProxyURL").value(), "proxy.example:3128");
    assert_eq!(effective(&config, "admin.command").value(), "print-token (and 1 argument)");
    assert_eq!(effective(&config, "client secret").value(), "(hidden)");
}

#[tokio::test]
async fn a_url_is_shown_without_user_and_password() {
    for (key, written, shown) in [
        ("endpoint", "https://me:SECRET@flyte.example.com", "https://flyte.example.com/"),
        ("endpoint", "dns:///SECRET@flyte.example.com:81", "dns://flyte.example.com:81/"),
        ("endpoint", "me:SECRET@flyte.example.com", "flyte.example.com/"),
        ("tokenUrl", "https://me:SECRET@idp.example.com/token?a=b", "https://idp.example.com/token?a=b"),
        ("tokenUrl", "https://SECRET@idp.example.com/token", "https://idp.example.com/token"),
        ("tokenUrl", "https://me:/SECRET@idp.example.com/token", "(hidden)"),
        ("issuer", "https://me:SECRET@idp.example.com", "https://idp.example.com/"),
        ("authorizationUrl", "http://me:SECRET@idp.example.com/", "http://idp.example.com/"),
        ("deviceAuthorizationUrl", "https://:SECRET@idp.example.com/x", "https://idp.example.com/x"),
        ("httpProxyURL", "http://me:SECRET@proxy.example.com:3128", "proxy.example.com:3128"),
        ("authorizationServerUrl", "https://me:SECRET@idp.example.com/", "https://idp.example.com/"),
    ] {
        let canary = Canary::new();
        // As it stands in a URL.
        let secret = canary.secret().replace(['+', '/'], "-");
        let yaml = format!("admin:\n  {key}: \"{}\"\n", written.replace("SECRET", &secret));
        let surroundings = Surroundings::with_yaml(&yaml).set("FLYTE_ADMIN_CLIENTID", "me");
        let config = surroundings.config();
        let told = config.effective().iter().map(|setting| format!("{setting:?}")).collect::<String>();
        assert!(!told.contains(&secret), "{key}: {told}");
        assert_eq!(effective(&config, &format!("admin.{key}")).value(), shown);
        for setting in [config.endpoint(), config.token_url(), config.issuer(), config.authorization_url()] {
            canary::observe(setting);
        }
        canary::observe(config.http_proxy_url());
        canary::observe(config.device_authorization_url());

        // Nor is it told by those who refuse it.
        let surroundings = match key {
            "endpoint" => surroundings,
            _ => surroundings.set("FLYTE_PLATFORM_URL", "http://127.0.0.1:1"),
        };
        for auth_type in ["Pkce", "DeviceFlow", "ClientSecret"] {
            let config = surroundings.config().with_client_secret(Some("x".to_owned().into()));
            let connector = Connector::new(config.with_auth_type(AuthType::named(auth_type)));
            canary::observe(&connector);
            match connector.connect_lazy() {
                Ok(connection) => {
                    canary::observe(&connection);
                    let error = connection.authenticator().login().await.unwrap_err();
                    canary::observe_error(&error);
                }
                Err(error) => canary::observe_error(&error),
            }
        }
    }
}

#[test]
fn what_has_no_password_is_shown_as_it_is() {
    for text in ["https://idp.example.com/@me/token", "https://idp.example.com?hint=me@example.com", "idp.example.com"]
    {
        let config = Surroundings::with_yaml(&format!("admin:\n  issuer: '{text}'\n")).config();
        assert_eq!(effective(&config, "admin.issuer").value(), text);
    }
    let config = Surroundings::with_yaml("admin:\n  clientId: me@example.com\n").config();
    assert_eq!(effective(&config, "admin.clientId").value(), "me@example.com");
}

#[test]
fn a_secret_in_a_file_or_a_named_variable_means_client_secret() {
    for text in ["admin:\n  clientSecretLocation: /etc/secret\n", "admin:\n  clientSecretEnvVar: MY_SECRET\n"] {
        let config = Surroundings::with_yaml(text).set("MY_SECRET", "x").config();
        assert_eq!(config.auth_type().value(), &AuthType::ClientSecret, "{text}");
        assert!(matches!(config.auth_type().origin(), Origin::File { line: 2, .. }));
        assert!(config.warnings().is_empty());
    }
}

#[test]
fn a_secret_that_overrules_the_chosen_login_is_told() {
    let text = "admin:\n  authType: Pkce\n  clientSecretLocation: /etc/secret\n";
    let config = Surroundings::with_yaml(text).config();
    assert_eq!(config.auth_type().value(), &AuthType::ClientSecret);
    let [warning] = config.warnings() else { panic!("{:?}", config.warnings()) };
    assert!(warning.contains("config.yaml:3) overrules admin.authType Pkce"), "{warning}");
}

#[test]
fn a_secret_in_the_open_or_in_a_variable_that_is_not_set_chooses_nothing() {
    let open = Surroundings::new().set("FLYTE_CREDENTIALS_CLIENT_SECRET", "x").config();
    assert_eq!(open.auth_type().value(), &AuthType::Pkce);
    let unset = Surroundings::with_yaml("admin:\n  clientSecretEnvVar: MY_SECRET\n").config();
    assert_eq!(unset.auth_type().value(), &AuthType::Pkce);
}

#[test]
fn no_login_and_a_flow_of_ones_own_stay_whatever_secrets_there_are() {
    for mode in ["None", "my_company"] {
        let text = format!("admin:\n  authType: {mode}\n  clientSecretLocation: /etc/secret\n");
        assert_eq!(Surroundings::with_yaml(&text).config().auth_type().value().to_string(), mode);
    }
}

fn refusal(surroundings: &Surroundings) -> String {
    let error = Connector::new(surroundings.config()).connect_lazy().unwrap_err();
    canary::observe_error(&error);
    assert!(error.kind() == AuthErrorKind::Configuration);
    error.to_string()
}

#[tokio::test]
async fn a_secret_file_that_is_missing_is_named_with_the_line_that_names_it() {
    let text = "admin:\n  endpoint: a.example\n  clientId: a\n  clientSecretLocation: /nowhere/secret\n";
    let refusal = refusal(&Surroundings::with_yaml(text));
    assert!(refusal.contains("admin.clientSecretLocation: the file /nowhere/secret"), "{refusal}");
    assert!(refusal.contains("config.yaml:4)"), "{refusal}");
}

#[tokio::test]
async fn a_client_without_id_or_secret_is_told_what_to_set() {
    let base = "admin:\n  endpoint: a.example\n  authType: ClientSecret\n";
    let without_id = refusal(&Surroundings::with_yaml(base));
    assert!(without_id.contains("admin.clientId: authType is ClientSecret, but no client is named"), "{without_id}");
    let without_secret = refusal(&Surroundings::with_yaml(&format!("{base}  clientId: a\n")));
    assert!(without_secret.contains("set admin.clientSecretLocation to a file"), "{without_secret}");
    let unset = refusal(&Surroundings::with_yaml(&format!("{base}  clientId: a\n  clientSecretEnvVar: MY_SECRET\n")));
    assert!(unset.contains("the variable MY_SECRET, which is to hold the client's secret, is not set"), "{unset}");
    assert!(unset.contains("config.yaml:5)"), "{unset}");
}

#[tokio::test]
async fn an_external_command_that_is_not_set_is_named() {
    let refusal = refusal(&Surroundings::with_yaml("admin:\n  endpoint: a.example\n  authType: ExternalCommand\n"));
    assert!(refusal.contains("admin.command: authType is ExternalCommand, but there is no command"), "{refusal}");
    assert!(refusal.contains("config.yaml:3)"), "{refusal}");
}

#[tokio::test]
async fn without_an_endpoint_the_error_says_where_to_set_it() {
    let refusal = refusal(&Surroundings::new());
    assert!(refusal.contains("FLYTE_PLATFORM_URL"), "{refusal}");
}

/// However files and variables say what the client's secret is.
#[tokio::test]
async fn the_client_and_the_secret_that_the_program_sets_win_over_all_that_files_and_variables_set() {
    let flyte = Flyte::start("flyte-authorization");
    let (endpoint, others) = (flyte.peer.endpoint(), "somebody else's");
    let with = |text: &str| Surroundings::with_yaml(&format!("admin:\n  endpoint: {endpoint}\n{text}"));
    let elsewhere = Surroundings::new();
    let [file, own_file] = [("others", others), ("own", &flyte.secret)].map(|(name, text)| elsewhere.write(name, text));
    let all = [
        with(&format!("  clientId: other\n  clientSecretLocation: {}\n", file.display())),
        with("  clientId: other\n  clientSecretEnvVar: OTHERS\n").set("OTHERS", others),
        with("  clientId: other\n").set("FLYTE_CREDENTIALS_CLIENT_SECRET", others),
        Surroundings::new().set("FLYTE_API_KEY", STANDARD.encode(format!("{endpoint}:other:{others}:org"))),
    ];
    for surroundings in &all {
        let config = || surroundings.config().with_auth_type(AuthType::ClientSecret);
        let config = || config().with_client_id("my-service".to_owned());
        for config in [
            config().with_client_secret(Some(flyte.secret.clone().into())),
            config().with_client_secret_location(own_file.clone()),
        ] {
            let authenticator = Connector::new(config).connect_lazy().unwrap().authenticator();
            authenticator.login().await.unwrap();
        }
    }
    assert_eq!(flyte.provider.requests().len(), 2 * all.len());
}

/// As it is where the program names the client that the key is for.
#[tokio::test]
async fn the_client_of_an_api_key_may_be_named_by_the_program_as_well() {
    let flyte = Flyte::start("flyte-authorization");
    let key = format!("{}:my-service:{}:org", flyte.peer.endpoint(), flyte.secret);
    let surroundings = Surroundings::new().set("FLYTE_API_KEY", STANDARD.encode(key));
    let config = surroundings.config().with_client_id("my-service".to_owned());
    Connector::new(config).connect_lazy().unwrap().authenticator().login().await.unwrap();
}

/// One that has its id from the program alone is another than the key's, whose secret is not its own.
#[tokio::test]
async fn a_client_of_the_program_does_not_get_the_secret_of_an_api_key() {
    let surroundings = Surroundings::new().set("FLYTE_API_KEY", STANDARD.encode("flyte.example.test:other:secret:org"));
    let config = surroundings.config().with_client_id("my-service".to_owned());
    let error = Connector::new(config).connect_lazy().unwrap_err();
    assert_eq!(error.setting(), Some("admin.clientSecretLocation"), "{error}");
}
