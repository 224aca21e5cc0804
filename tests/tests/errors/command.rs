//! Programs that print no token.

use std::time::Duration;

use auth_runtime::{AuthError, Authenticator, flow::Command};

const KUBERNETES: &str = r#"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": "#;

pub(crate) async fn errors() -> Vec<AuthError> {
    let credential = |status: &str| format!("echo '{KUBERNETES}{status}}}'");
    let scripts = [
        "exit 3".to_owned(),
        "echo gone >&2; exit 3".to_owned(),
        "true".to_owned(),
        "echo; echo gone >&2".to_owned(),
        "echo a; echo b".to_owned(),
        r"printf 'a\000'".to_owned(),
        r"printf '\377'".to_owned(),
        "head -c 70000000 /dev/zero | tr '\\0' a".to_owned(),
        "echo '{a'".to_owned(),
        r#"echo '{"kind": "Secret"}'"#.to_owned(),
        r#"echo '{"access_token": "a"}'"#.to_owned(),
        r#"echo '{"a": "b"}'"#.to_owned(),
        r#"echo '["a"]'"#.to_owned(),
        r#"echo '"a"'"#.to_owned(),
        "echo null".to_owned(),
        credential("7"),
        r#"echo '{"kind": "ExecCredential", "apiVersion": "v1", "status": {"token": "a"}}'"#.to_owned(),
        credential(r#"{"clientCertificateData": "a"}"#),
        credential("{}"),
        credential(r#"{"token": "a", "expirationTimestamp": "tomorrow"}"#),
    ];
    let mut flows: Vec<_> = scripts.iter().map(|script| Command::new("sh").args(["-c", script])).collect();
    flows.push(Command::new("/not/there"));
    flows.push(Command::new("sleep").args(["600"]).timeout(Duration::from_millis(10)));
    let mut errors = Vec::new();
    for flow in flows {
        let authenticator = Authenticator::builder("https://flyte.example.test").flow(flow).build().unwrap();
        errors.push(authenticator.login().await.unwrap_err());
    }
    errors
}
