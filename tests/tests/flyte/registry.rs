//! Flows of the user's own, found by the name in `admin.authType`.

use auth_runtime::{
    AuthError, Credentials, Flow, FlowContext,
    flyte::{Config, Connector},
};
use tests::{
    call::{Kind, call},
    canary::Canary,
    peer::{Answer, Peer},
};
use tonic::Code;

use crate::{
    connection::{client, public, success},
    support::Surroundings,
};

struct Company {
    token: String,
}

impl Flow for Company {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(&self.token))
    }
}

fn config(endpoint: &str, mode: &str) -> Config {
    Surroundings::with_yaml(&format!("admin:\n  endpoint: {endpoint}\n  authType: {mode}\n  clientId: me\n")).config()
}

#[tokio::test]
async fn a_registered_flow_is_found_in_any_case_and_knows_the_configuration() {
    let canary = Canary::new();
    let token = canary.secret();
    let peer = Peer::start({
        let expected = format!("Bearer {token}");
        move |exchange| {
            let given = exchange.headers().get("flyte-authorization").is_some_and(|value| value == expected.as_str());
            let answer = public(exchange.record().path(), &Default::default());
            exchange.run(answer.unwrap_or_else(|| if given { success() } else { Answer::rejected() }))
        }
    });
    let connection = Connector::new(config(&peer.endpoint(), "My_Company"))
        .register_flow("my_company", move |config| {
            assert_eq!(config.client_id().value().as_deref(), Some("me"));
            Ok(Company { token: token.clone() })
        })
        .connect()
        .await
        .unwrap();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_name_that_nobody_registered_is_an_error_that_lists_those_there_are() {
    let connector = Connector::new(config("a.example", "other_company"))
        .register_flow("my_company", |_config| Ok(Company { token: String::new() }));
    let refusal = connector.connect_lazy().unwrap_err().to_string();
    assert!(refusal.contains("admin.authType: `other_company` is not known"), "{refusal}");
    assert!(refusal.contains("Pkce, DeviceFlow, ClientSecret, ExternalCommand, Passthrough, None, my_company"));
    assert!(refusal.contains("config.yaml:3)"), "{refusal}");
}

#[tokio::test]
async fn a_factory_that_fails_says_why() {
    let connector = Connector::new(config("a.example", "my_company"))
        .register_flow("my_company", |_config| Err::<Company, _>(AuthError::permanent("the vault is sealed")));
    assert_eq!(connector.connect_lazy().unwrap_err().to_string(), "the vault is sealed");
}

#[tokio::test]
async fn a_name_that_flyte_knows_cannot_be_taken() {
    let connector = Connector::new(config("a.example", "None"))
        .register_flow("none", |_config| Err::<Company, _>(AuthError::permanent("not asked")));
    assert!(connector.connect_lazy().is_ok());
}
