//! Files, variables and API keys of Flyte's tools that cannot be used, or not without a word.

use auth_runtime::{
    AuthError,
    flyte::{ApiKey, Connector},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::support::Surroundings;

/// `admin` sections with a value that is wrong, and files that are none.
const FILES: [&str; 18] = [
    "admin: [",
    "- a",
    "admin: a",
    "admin:\n  clientId: 7",
    "admin:\n  clientId: [a]",
    "admin:\n  insecure: [true]",
    "admin:\n  insecure: perhaps",
    "admin:\n  maxRetries: [1]",
    "admin:\n  maxRetries: -1",
    "admin:\n  tokenRefreshWindow: 300",
    "admin:\n  tokenRefreshWindow: soon",
    "admin:\n  command: ['', a]",
    "admin:\n  command: []\n  endpoint: a\n  authType: ExternalCommand",
    "admin:\n  endpoint: a\n  authType: ClientSecret",
    "admin:\n  endpoint: a\n  authType: ClientSecret\n  clientId: b",
    "admin:\n  endpoint: a\n  authType: ClientSecret\n  clientId: b\n  clientSecretEnvVar: NOT_SET_ANYWHERE",
    "admin:\n  endpoint: a\n  authType: ClientSecret\n  clientId: b\n  clientSecretLocation: /not/there",
    "admin:\n  endpoint: a\n  authType: Unheard",
];

fn surroundings() -> Vec<Surroundings> {
    let named = |text: &str| {
        let surroundings = Surroundings::new();
        let file = surroundings.write("named.config", text);
        surroundings.set("FLYTECTL_CONFIG", file)
    };
    let nearby = |text: &str| {
        let surroundings = Surroundings::new();
        surroundings.write("work/config.yaml", text);
        surroundings
    };
    let mut all: Vec<_> = FILES.into_iter().map(Surroundings::with_yaml).collect();
    let bomb = (0..30).fold("a: &a0 [x, x]\n".to_owned(), |text, number| {
        format!("{text}b{number}: &a{} [*a{number}, *a{number}]\n", number + 1)
    });
    all.extend([
        Surroundings::with_yaml(&bomb),
        Surroundings::with_yaml(&format!("admin: {}", "[".repeat(10_000))),
        Surroundings::with_yaml(&"#".repeat(4 * 1024 * 1024)),
        named("url = a"),
        named("[platform]\nnonsense"),
        named("[platform]\nurl = a\nurl = b"),
        Surroundings::new().set("FLYTECTL_CONFIG", "/not/there"),
        Surroundings::new().set("FLYTE_COMMAND", "a 'b"),
        Surroundings::new(),
        nearby("admin:\n  command: [a]"),
        nearby("admin:\n  endpoint: flyte.example.test\n  insecureSkipVerify: true"),
        nearby("admin:\n  endpoint: flyte.example.test")
            .set("FLYTE_CREDENTIALS_COMMAND", "a")
            .set("FLYTE_ADMIN_AUTHTYPE", "ExternalCommand"),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        all.push(Surroundings::new().set("FLYTE_PLATFORM_URL", std::ffi::OsString::from_vec(vec![0xff])));
        let binary = Surroundings::new();
        let file = binary.write("binary.yaml", "");
        std::fs::write(&file, [0xff]).unwrap();
        all.push(binary.set("FLYTECTL_CONFIG", file));
        let folder = Surroundings::new();
        folder.write("folder/config.yaml", "");
        let path = folder.path("folder");
        all.push(folder.set("FLYTECTL_CONFIG", path));
    }
    all
}

fn keys() -> Vec<AuthError> {
    let of = |text: &[u8]| STANDARD.encode(text);
    let keys = ["no base64!".to_owned(), of(&[0xff]), of(b"a:b"), of(b":b:c:d"), of(b"a:b:c:d:e"), of(b"a b:c:d:e")];
    keys.into_iter().filter_map(|key| ApiKey::parse(&key).err()).collect()
}

pub(crate) fn errors() -> Vec<AuthError> {
    let mut errors = keys();
    for surroundings in surroundings() {
        match surroundings.load() {
            Ok(config) => errors.extend(Connector::new(config).connect_lazy().err()),
            Err(error) => errors.push(error),
        }
    }
    errors
}

/// What is told, and does not stop anybody.
pub(crate) fn warnings() -> Vec<String> {
    let surroundings = [
        Surroundings::with_yaml("admin:\n  insecur: true"),
        Surroundings::with_yaml("admin:\n  endpoint: a\n  authType: Pkce\n  clientId: b"),
        Surroundings::with_yaml("admin:\n  endpoint: a\n  useAudienceFromAdmin: true\n  audience: b"),
    ];
    surroundings.iter().flat_map(|surroundings| surroundings.config().warnings().to_vec()).collect()
}
