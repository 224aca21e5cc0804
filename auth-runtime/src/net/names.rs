//! The names of settings in messages.

/// What messages call the settings of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionNames {
    /// For authorities to trust.
    pub(crate) authorities: &'static str,
    pub(crate) proxy: &'static str,
}

impl Default for ConnectionNames {
    fn default() -> Self {
        Self { authorities: "Verify::CaFile", proxy: "http_proxy" }
    }
}
