//! Hands out places for uploads; nothing is behind them.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tonic::{Request, Response, Status};

use crate::proto::service::{
    CreateUploadLocationRequest, CreateUploadLocationResponse, data_proxy_service_server::DataProxyService,
};

const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Makes up URLs as a Flyte with a bucket would sign them.
pub(super) struct DataProxy;

#[tonic::async_trait]
impl DataProxyService for DataProxy {
    async fn create_upload_location(
        &self,
        request: Request<CreateUploadLocationRequest>,
    ) -> Result<Response<CreateUploadLocationResponse>, Status> {
        let request = request.into_inner();
        if request.project.is_empty() || request.domain.is_empty() || request.filename.is_empty() {
            return Err(Status::invalid_argument("project, domain and filename are required"));
        }
        let lifetime = match request.expires_in.map(Duration::try_from) {
            None => DEFAULT_LIFETIME,
            Some(Ok(lifetime)) => lifetime,
            Some(Err(_)) => return Err(Status::invalid_argument("expires_in must not be negative")),
        };
        let expires_at = SystemTime::now()
            .checked_add(lifetime)
            .ok_or_else(|| Status::invalid_argument("expires_in is too far in the future"))?;
        let path = format!("{}/{}/{}", request.project, request.domain, request.filename);
        let mut response = CreateUploadLocationResponse {
            signed_url: format!("http://127.0.0.1/bucket/{path}?signature=none"),
            native_url: format!("s3://bucket/{path}"),
            expires_at: Some(expires_at.into()),
            ..CreateUploadLocationResponse::default()
        };
        if request.add_content_md5_metadata {
            response.headers.insert("Content-MD5".into(), STANDARD.encode(&request.content_md5));
        }
        Ok(Response::new(response))
    }
}
