//! Homes, folders and addresses as operators have them.

use std::{fs, os::unix::fs::symlink, path::Path};

use auth_runtime::flyte::{AuthType, Config, Connector};
use flyte_admin::{
    proto::admin::GetVersionRequest,
    server::{FlyteServer, WireShape},
};
use tonic::Code;

use crate::{
    home::{Home, text},
    person::log_in_at_a_terminal,
    stand_in::{CLIENT_ID, CLIENT_SECRET, server, token_endpoint, token_endpoint_of_people},
};

/// Whom the command line found itself to be.
async fn whoami(home: &Home, variables: &[(&str, &str)]) -> (i32, String) {
    let output = home.run(&["whoami"], variables).await;
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn person(server: &FlyteServer) -> Home {
    let timeout = "  pkceConfig:\n    timeout: 20s\n";
    Home::with_config(&format!("  endpoint: {}\n  authType: Pkce\n{timeout}", server.endpoint()))
}

async fn log_in(home: &Home, variables: &[(&str, &str)]) -> String {
    let mut login = home.command(&["login"], variables);
    login.env("PATH", home.path()).env_remove("BROWSER").env_remove("FLYTE_NON_INTERACTIVE");
    log_in_at_a_terminal(login).await
}

#[tokio::test]
async fn an_address_is_gos_with_or_without_a_third_slash_and_a_slash_at_the_end_is_none() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let address = server.address();
    for endpoint in [
        format!("dns:///{address}"),
        format!("dns://{address}"),
        format!("{address}"),
        format!("http://{address}"),
        format!("http://{address}/"),
    ] {
        let home = Home::for_endpoint(&format!("{endpoint}\n  insecure: true"));
        let (code, said) = whoami(&home, &[]).await;
        assert!(code == 0 && said.contains(CLIENT_ID), "{endpoint}: {said}");
    }
}

/// gRPC has no place for one: an ingress that wants it cannot be reached by any of Flyte's clients.
#[tokio::test]
async fn an_address_with_a_path_is_refused_with_what_to_write() {
    for endpoint in ["https://flyte.example.com/flyte", "dns:///flyte.example.com/flyte"] {
        let (code, said) = whoami(&Home::for_endpoint(endpoint), &[]).await;
        assert_eq!(code, 1, "{endpoint}: {said}");
        assert!(said.contains("it has a path; gRPC endpoints are only scheme, host and port"), "{endpoint}: {said}");
    }
}

#[tokio::test]
async fn two_flytes_with_one_provider_are_two_logins() {
    let (tokens, _callback) = token_endpoint_of_people().await;
    let one = server(&tokens, WireShape::TrailersOnly, true).await;
    let other = server(&tokens, WireShape::TrailersOnly, true).await;
    let home = person(&one);
    let at_other = [("FLYTE_PLATFORM_URL", other.endpoint())];
    let at_other = at_other.each_ref().map(|(name, value)| (*name, value.as_str()));
    log_in(&home, &[]).await;
    assert_eq!(whoami(&home, &[]).await.0, 0);
    let (code, said) = whoami(&home, &at_other).await;
    assert_eq!(code, 3, "a login at one is none at the other: {said}");
    log_in(&home, &at_other).await;
    assert_eq!((whoami(&home, &[]).await.0, whoami(&home, &at_other).await.0), (0, 0));
    home.output(&["logout"]).await;
    assert_eq!((whoami(&home, &[]).await.0, whoami(&home, &at_other).await.0), (3, 0));
}

#[tokio::test]
async fn a_configuration_behind_symbolic_links_is_read_anew_by_each_command() {
    let tokens = token_endpoint().await;
    let servers =
        [server(&tokens, WireShape::TrailersOnly, true).await, server(&tokens, WireShape::TrailersOnly, true).await];
    // As kubernetes mounts a ConfigMap: what is read is a link to a link, which is put elsewhere when it changes.
    let home = Home::for_endpoint(&servers[0].endpoint());
    let flyte = home.path().join(".flyte");
    let mounted = home.path().join("mounted");
    fs::create_dir_all(mounted.join("first")).unwrap();
    fs::create_dir_all(mounted.join("second")).unwrap();
    let first = fs::read_to_string(flyte.join("config.yaml")).unwrap();
    fs::write(mounted.join("first/config.yaml"), &first).unwrap();
    let second = first.replace(&servers[0].endpoint(), &servers[1].endpoint());
    fs::write(mounted.join("second/config.yaml"), second).unwrap();
    fs::remove_dir_all(&flyte).unwrap();
    symlink("first", mounted.join("..data")).unwrap();
    symlink("..data/config.yaml", mounted.join("config.yaml")).unwrap();
    symlink(&mounted, &flyte).unwrap();
    assert_eq!(whoami(&home, &[]).await.0, 0);
    let endpoint = async || home.output(&["config"]).await;
    assert!(endpoint().await.contains(&servers[0].endpoint()));
    swap(&mounted, "second");
    assert_eq!(whoami(&home, &[]).await.0, 0);
    assert!(endpoint().await.contains(&servers[1].endpoint()));
}

/// As kubernetes does it: in one step.
fn swap(mounted: &Path, target: &str) {
    symlink(target, mounted.join("..data_tmp")).unwrap();
    fs::rename(mounted.join("..data_tmp"), mounted.join("..data")).unwrap();
}

#[tokio::test]
async fn a_secret_that_is_rotated_is_read_by_a_program_that_runs() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let home = Home::for_endpoint(&server.endpoint());
    let mounted = home.path();
    for (folder, secret) in [("old", "a secret of last month"), ("new", CLIENT_SECRET)] {
        fs::create_dir(mounted.join(folder)).unwrap();
        fs::write(mounted.join(folder).join("secret"), format!("{secret}\n")).unwrap();
    }
    fs::remove_file(mounted.join("secret")).unwrap();
    symlink("old", mounted.join("..data")).unwrap();
    symlink("..data/secret", mounted.join("secret")).unwrap();

    let config = Config::for_endpoint(server.endpoint()).with_client_id(Some(CLIENT_ID.into()));
    let config = config.with_auth_type(AuthType::ClientSecret);
    let config = config.with_client_secret_location(Some(mounted.join("secret")));
    let connection = Connector::new(config).connect_lazy().unwrap();
    let client: flyte_admin::Flyte = connection.client();
    let refused = client.admin.get_version(GetVersionRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(refused.message().contains("invalid_client"), "{}", refused.message());

    swap(mounted, "new");
    connection.authenticator().login().await.unwrap();
    client.admin.get_version(GetVersionRequest {}).await.unwrap();
}

/// As in an image whose user has none: nothing of that keeps anybody from logging in.
#[tokio::test]
async fn without_a_home_that_can_be_written_the_login_is_in_memory_and_that_is_said() {
    let (tokens, _callback) = token_endpoint_of_people().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let home = person(&server);
    let config = home.path().join(".flyte/config.yaml");
    // A folder below a file: not even root can make one.
    let nowhere = home.path().join("secret/home");
    let variables = [("HOME", nowhere.to_str().unwrap()), ("FLYTECTL_CONFIG", config.to_str().unwrap())];
    let shown = log_in(&home, &variables).await;
    assert!(shown.contains("logged in to ") && shown.contains("in memory only"), "{shown}");
    let (code, said) = whoami(&home, &variables).await;
    assert_eq!(code, 3, "{said}");
    let relative = [("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")];
    log_in(&home, &relative).await;
    assert_eq!(whoami(&home, &relative).await.0, 0);
    assert!(!home.path().join("state").exists(), "what is not absolute counts as unset");
}

#[tokio::test]
async fn a_client_needs_no_home_at_all() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let home = Home::for_endpoint(&server.endpoint());
    let config = home.path().join(".flyte/config.yaml");
    let mut command = home.command(&["whoami"], &[("FLYTECTL_CONFIG", config.to_str().unwrap())]);
    // A file of the working directory may not name a secret.
    command.env_remove("HOME").env_remove("USER").env_remove("XDG_CONFIG_HOME").current_dir("/");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(CLIENT_ID));
}
