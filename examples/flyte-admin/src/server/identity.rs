//! Tells callers who they are.

use prost_types::{ListValue, Struct, Value, value::Kind};
use tonic::{Request, Response, Status};

use crate::{
    proto::service::{UserInfoRequest, UserInfoResponse, identity_service_server::IdentityService},
    token_endpoint::Caller,
};

/// Reads what the guard found out.
pub(super) struct Identity;

#[tonic::async_trait]
impl IdentityService for Identity {
    async fn user_info(&self, request: Request<UserInfoRequest>) -> Result<Response<UserInfoResponse>, Status> {
        let caller = request
            .extensions()
            .get::<Caller>()
            .ok_or_else(|| Status::unauthenticated("no authenticated identity on request"))?;
        let user = match caller.person.clone() {
            Some(person) => UserInfoResponse {
                email: format!("{person}@flyte.example"),
                subject: person.clone(),
                name: person.clone(),
                preferred_username: person,
                ..UserInfoResponse::default()
            },
            None => UserInfoResponse { additional_claims: Some(claims(caller)), ..UserInfoResponse::default() },
        };
        Ok(Response::new(user))
    }
}

/// All that flyteadmin says of a client that acts for itself: the other fields are about people.
fn claims(caller: &Caller) -> Struct {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.into())) };
    let scopes = caller.scopes.iter().map(|scope| text(scope)).collect();
    let scopes = Value { kind: Some(Kind::ListValue(ListValue { values: scopes })) };
    let fields = [("client_id", text(&caller.client_id)), ("sub", text(&caller.client_id)), ("scp", scopes)];
    Struct { fields: fields.map(|(name, value)| (name.to_owned(), value)).into() }
}
