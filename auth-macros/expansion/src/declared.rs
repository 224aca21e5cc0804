//! What proto files declare about methods, beside what a build script sets.

use crate::path::RpcPath;
use crate::settings::{Settings, contradiction};

/// What a proto file says about one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It never gets credentials.
    Public,
    /// It is never sent twice.
    NoReplay,
    /// So many bytes of its request stream are kept for a replay.
    ReplayBufferBytes(usize),
}

// === impl Declared ===

impl Declared {
    /// The argument of the attribute that says the same.
    fn keyword(self) -> &'static str {
        match self {
            Self::Public => "unauthenticated",
            Self::NoReplay => "no_replay",
            Self::ReplayBufferBytes(_) => "replay_buffer_bytes",
        }
    }

    fn set(self, settings: &mut Settings, path: RpcPath) {
        match self {
            Self::Public => settings.unauthenticated(path),
            Self::NoReplay => settings.no_replay(path),
            Self::ReplayBufferBytes(bytes) => settings.replay_buffer_bytes(path, bytes),
        }
    }
}

// === impl Settings ===

impl Settings {
    /// Adds what the proto file says about all methods of a service, where these settings say nothing else.
    ///
    /// A setting of the method itself counts instead. So does one of its service that is the same, or that cannot hold
    /// beside what is declared.
    pub fn declare(&mut self, service: &RpcPath, methods: &[(RpcPath, Option<Declared>)]) {
        let said: Vec<_> = self.entries().map(|(keyword, path)| (keyword, path.clone())).collect();
        let said: Vec<_> = said.iter().filter(|(_, path)| path.service() == service.service()).collect();
        // One path for the service is shorter than one for each method.
        if let (true, Some((_, Some(first)))) = (said.is_empty(), methods.first())
            && methods.iter().all(|(_, declared)| declared.as_ref() == Some(first))
        {
            first.set(self, service.clone());
            return;
        }
        for (method, declared) in methods {
            let Some(declared) = declared else { continue };
            let keyword = declared.keyword();
            let overridden = said.iter().any(|(set, path)| {
                let same = path.method().is_none() && *set == keyword;
                path == method || same || contradiction((*set, path), (keyword, method)).is_some()
            });
            if !overridden {
                declared.set(self, method.clone());
            }
        }
    }
}
