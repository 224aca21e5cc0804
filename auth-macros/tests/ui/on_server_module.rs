use auth_macros::authenticated_client;

#[authenticated_client]
mod calls_server {
    pub struct CallsServer<T> {
        pub inner: std::sync::Arc<T>,
    }
}

fn main() {
    let _ = calls_server::CallsServer { inner: std::sync::Arc::new(1) }.inner;
}
