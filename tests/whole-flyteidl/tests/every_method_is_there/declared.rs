//! What the descriptors declare.

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// The four kinds of RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    BidiStreaming,
}

pub(crate) struct DeclaredMethod {
    /// `package.Service`
    pub(crate) service: String,
    /// `package.Service/Method`
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) deprecated: bool,
}

/// Every method of every service in the set.
pub(crate) fn declared_methods(descriptor_set: &[u8]) -> Vec<DeclaredMethod> {
    let mut methods = Vec::new();
    for file in FileDescriptorSet::decode(descriptor_set).unwrap().file {
        for service in &file.service {
            let service_name = format!("{}.{}", file.package(), service.name());
            for method in &service.method {
                methods.push(DeclaredMethod {
                    path: format!("{service_name}/{}", method.name()),
                    service: service_name.clone(),
                    kind: match (method.client_streaming(), method.server_streaming()) {
                        (false, false) => Kind::Unary,
                        (false, true) => Kind::ServerStreaming,
                        (true, false) => Kind::ClientStreaming,
                        (true, true) => Kind::BidiStreaming,
                    },
                    deprecated: method.options.as_ref().is_some_and(|options| options.deprecated()),
                });
            }
        }
    }
    methods
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) services: usize,
    pub(crate) unary: usize,
    pub(crate) server_streaming: usize,
    pub(crate) client_streaming: usize,
    pub(crate) bidi_streaming: usize,
}

impl Counts {
    pub(crate) fn of(methods: &[DeclaredMethod]) -> Self {
        let services: std::collections::BTreeSet<_> = methods.iter().map(|method| &method.service).collect();
        let of_kind = |kind| methods.iter().filter(|method| method.kind == kind).count();
        Self {
            services: services.len(),
            unary: of_kind(Kind::Unary),
            server_streaming: of_kind(Kind::ServerStreaming),
            client_streaming: of_kind(Kind::ClientStreaming),
            bidi_streaming: of_kind(Kind::BidiStreaming),
        }
    }
}
