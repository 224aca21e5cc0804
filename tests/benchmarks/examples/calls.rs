//! Makes calls over the transport without a network, for a profiler to look at.
//!
//! ```sh
//! calls VARIANT KIND BYTES CALLS [HEADER_KEY [MESSAGES]]
//! ```
//!
//! A stream has so many messages; without the number, two.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program to be run by hand or by a script")]

use benchmarks::{
    calls::Calls,
    canned::Canned,
    load::Payload,
    variant::{Variant, Visitor},
    work::{Kind, call},
};
use futures_util::FutureExt as _;

struct CallRepeatedly {
    kind: Kind,
    payload: Payload,
    messages: u64,
    calls: usize,
}

impl Visitor for CallRepeatedly {
    type Output = ();

    fn visit<C: Calls>(self, mut client: C) {
        for _ in 0..self.calls {
            // The transport never waits.
            call(&mut client, self.kind, &self.payload, self.messages).now_or_never().unwrap();
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, kind, bytes, calls, key @ ..] = &*arguments else {
        panic!("usage: calls VARIANT KIND BYTES CALLS [HEADER_KEY [MESSAGES]]")
    };
    let variant = Variant::ALL.into_iter().find(|known| known.name() == variant).unwrap();
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).unwrap();
    let bytes = bytes.parse().unwrap();
    let key = match key.first() {
        Some(key) if key != "authorization" => "flyte-authorization",
        _ => "authorization",
    };
    let messages = arguments.get(5).map_or(2, |messages| messages.parse().unwrap());
    let payload = Payload { data: vec![b'x'; bytes].into(), count: messages };
    let work = CallRepeatedly { kind, payload, messages, calls: calls.parse().unwrap() };
    let answers = if matches!(kind, Kind::ServerStreaming | Kind::BidiStreaming) { messages } else { 1 };
    variant.visit(Canned::new(bytes, answers), "https://load.example.com", key, work);
}
