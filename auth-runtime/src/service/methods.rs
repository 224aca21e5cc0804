//! What is known about the methods of the clients over a channel, by their paths.

use std::{collections::HashMap, fmt, ptr, sync::Arc};

use arc_swap::ArcSwapOption;
use http::Request;
use tonic::{GrpcMethod, body::Body};

use super::method::Method;

/// Kind and settings of each method of a service, as the build script says: `ADMIN_SERVICE_METHODS` in the generated
/// module of `AdminServiceClient`.
///
/// [`AuthenticatedChannel::methods`](crate::AuthenticatedChannel::methods) takes it.
/// [`AuthenticatedChannel`](crate::AuthenticatedChannel) has an example, and says when it is needed.
#[derive(Debug)]
pub struct MethodTable {
    methods: &'static [Method],
}

impl MethodTable {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(methods: &'static [Method]) -> Self {
        Self { methods }
    }
}

/// The tables that were given to a channel or to a clone of it. A lookup takes no lock.
#[derive(Clone, Default)]
pub(super) struct Methods {
    // Nothing is allocated for a channel without tables but this one.
    known: Arc<ArcSwapOption<Known>>,
}

#[derive(Clone, Default)]
struct Known {
    tables: Vec<&'static MethodTable>,
    by_path: HashMap<&'static str, &'static Method>,
}

impl Methods {
    /// Adds a table, unless it is there: clients are often made anew.
    pub(super) fn register(&self, table: &'static MethodTable) {
        if self.known.load().as_ref().is_some_and(|known| known.has(table)) {
            return;
        }
        self.known.rcu(|known| {
            let mut known = known.as_deref().cloned().unwrap_or_default();
            known.add(table);
            Some(Arc::new(known))
        });
    }

    /// What is known about the method that a request is for.
    pub(super) fn of(&self, request: &Request<Body>) -> &'static Method {
        let known = self.known.load();
        let method = known.as_ref().and_then(|known| known.by_path.get(request.uri().path()));
        match method {
            None => Method::unknown(),
            // tonic's generated clients send what the method is declared to send.
            Some(method) if request.extensions().get::<GrpcMethod<'static>>().is_some() => method,
            Some(method) => method.of_any_body(),
        }
    }
}

impl Known {
    fn has(&self, table: &MethodTable) -> bool {
        self.tables.iter().any(|known| ptr::eq(*known, table))
    }

    fn add(&mut self, table: &'static MethodTable) {
        if self.has(table) {
            return;
        }
        self.tables.push(table);
        for method in table.methods {
            let known = self.by_path.entry(method.path_str()).or_insert(method);
            *known = known.stricter(method);
        }
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.load();
        f.debug_struct("Methods").field("known", &known.as_ref().map_or(0, |known| known.by_path.len())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap_or_default();
        request.extensions_mut().insert(GrpcMethod::new("example.v1.Calls", "Call"));
        request
    }

    #[test]
    fn of_two_tables_the_stricter_setting_holds_whichever_comes_first() {
        static PATH: &str = "/example.v1.Calls/Call";
        static METHODS: [[Method; 1]; 5] = [
            [Method::unary(PATH).unauthenticated()],
            [Method::unary(PATH).no_replay()],
            [Method::unary(PATH).replay_buffer_bytes(1)],
            [Method::unary(PATH).replay_buffer_bytes(2)],
            [Method::unary(PATH)],
        ];
        static TABLES: [MethodTable; 5] = [
            MethodTable::new(&METHODS[0]),
            MethodTable::new(&METHODS[1]),
            MethodTable::new(&METHODS[2]),
            MethodTable::new(&METHODS[3]),
            MethodTable::new(&METHODS[4]),
        ];
        for first in 0..5 {
            for second in 0..5 {
                let methods = Methods::default();
                methods.register(&TABLES[first]);
                methods.register(&TABLES[second]);
                assert!(ptr::eq(methods.of(&request(PATH)), &METHODS[first.min(second)][0]), "{first} and {second}");
            }
        }
    }

    #[test]
    fn a_table_counts_once_however_often_it_is_given() {
        static METHODS: [Method; 1] = [Method::unary("/example.v1.Calls/Call")];
        static TABLE: MethodTable = MethodTable::new(&METHODS);
        let methods = Methods::default();
        for _ in 0..3 {
            methods.clone().register(&TABLE);
        }
        assert_eq!(methods.known.load().as_ref().map(|known| known.tables.len()), Some(1));
        assert!(ptr::eq(methods.of(&request("/example.v1.Calls/Call")), &METHODS[0]));
        assert!(ptr::eq(methods.of(&request("/example.v1.Calls/Other")), Method::unknown()));
    }
}
