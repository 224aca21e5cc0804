//! Whoever fills a directory that others run programs in, and those who do.

use std::sync::Arc;

use auth_runtime::{AuthError, Credentials, Flow, FlowContext, flyte::Connector};
use tests::{
    call::{Kind, call},
    canary::{self, Canary},
    peer::{Answer, Peer},
    token_endpoint::{Answer as TokenAnswer, TokenEndpoint},
};
use tonic::Code;

use crate::{
    connection::{Metadata, client, public, success},
    support::Surroundings,
};

/// Whoever wrote the directory: a Flyte of their own, with a provider, and a place where a program can leave a mark.
pub(crate) struct Attacker {
    pub(crate) canary: Arc<Canary>,
    pub(crate) flyte: Peer,
    pub(crate) provider: TokenEndpoint,
}

impl Attacker {
    pub(crate) fn start() -> Self {
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
    pub(crate) fn secret(&self) -> String {
        self.canary.secret()
    }

    pub(crate) fn endpoint(&self) -> String {
        self.flyte.endpoint()
    }

    pub(crate) fn has(&self, secret: &str) -> bool {
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
pub(crate) struct OfTheProgram(pub(crate) String);

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
pub(crate) async fn run(surroundings: &Surroundings) -> Result<Code, String> {
    run_with(surroundings, "a token").await
}

pub(crate) async fn run_with(surroundings: &Surroundings, token: &str) -> Result<Code, String> {
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
pub(crate) fn assert_told(outcome: Result<Code, String>, setting: &str, file: &str) {
    let told = outcome.unwrap_err();
    assert!(told.contains(setting) && told.contains(file), "{setting}, {file}: {told}");
    assert!(told.contains("FLYTE_TRUSTED_CONFIG=/"), "{told}");
}

/// Each place of a file in YAML that is the directory's, and the directory that the program then runs in.
pub(crate) const PLACES: [(&str, &str); 4] = [
    ("work/config.yaml", "work"),
    ("work/.flyte/config.yaml", "work"),
    ("work/.flyte/config.yaml", "work/deep/below"),
    ("work/flytekit.yaml", "work"),
];

/// The victim's surroundings with a hostile file. The third place is the root of a repository, the fourth a relative path
/// that the victim's profile has.
pub(crate) fn hostile((file, directory): (&str, &'static str), yaml: &str) -> Surroundings {
    let mut surroundings = Surroundings::new();
    surroundings.write(file, yaml);
    surroundings.write("work/.git/HEAD", "ref: refs/heads/main\n");
    surroundings = surroundings.running_in(directory);
    match file {
        "work/flytekit.yaml" => surroundings.set("FLYTECTL_CONFIG", "flytekit.yaml"),
        _ => surroundings,
    }
}
