//! Tells callers who they are.

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
        Ok(Response::new(UserInfoResponse { subject: caller.client_id.clone(), ..UserInfoResponse::default() }))
    }
}
