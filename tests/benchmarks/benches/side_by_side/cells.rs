//! What is measured: each combination that says something of its own.

use benchmarks::{
    canned::Canned,
    variant::Variant,
    work::{Kind, LONG_STREAM, Work},
};

/// One combination.
pub(crate) struct Cell {
    pub(crate) loopback: bool,
    pub(crate) key: &'static str,
    pub(crate) work: Work,
}

const KEYS: [&str; 2] = ["authorization", "flyte-authorization"];
const SIZES: [(usize, &str); 3] = [(64, "64B"), (64 * 1024, "64KiB"), (4 << 20, "4MiB")];
const CALLERS: [usize; 3] = [1, 16, 256];

/// All of them.
pub(crate) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for loopback in [false, true] {
        for key in KEYS {
            for callers in CALLERS {
                for (bytes, _) in SIZES {
                    cells.push(Cell { loopback, key, work: Work { callers, ..Work::new(Kind::Unary, bytes) } });
                }
                cells.push(Cell { loopback, key, work: Work { callers, traced: true, ..Work::new(Kind::Unary, 64) } });
                for kind in [Kind::ServerStreaming, Kind::ClientStreaming] {
                    let work = Work { callers, messages: LONG_STREAM, ..Work::new(kind, 64) };
                    cells.push(Cell { loopback, key, work });
                }
            }
        }
    }
    cells.retain(Cell::says_something);
    cells
}

impl Cell {
    fn says_something(&self) -> bool {
        let callers = self.work.callers;
        // A transport that never waits serves its callers one after the other.
        let concurrent = self.loopback || callers == 1;
        // 256 callers hold four copies of 4 MiB each, client and server in one process.
        let fits = self.work.bytes < 4 << 20 || callers < 256;
        // The key makes a difference to small messages only.
        let key_matters = self.key == KEYS[0] || (self.work.bytes == 64 && self.work.messages == 1);
        // What differs with each call matters to what HTTP/2 keeps.
        let traced_matters = !self.work.traced || (self.loopback && self.key != KEYS[0]);
        concurrent && fits && key_matters && traced_matters
    }

    pub(crate) fn name(&self) -> String {
        let Work { kind, bytes, messages, callers, traced } = &self.work;
        let transport = if self.loopback { "loopback" } else { "in-memory" };
        let size = SIZES.iter().find(|(size, _)| size == bytes).map_or("?", |(_, name)| name);
        let stream = if *messages > 1 { format!(" x{messages}") } else { String::new() };
        let traced = if *traced { ", traced" } else { "" };
        format!("{transport} {} {size}{stream}, {callers} callers, {}{traced}", kind.name(), self.key)
    }

    pub(crate) fn variants(&self) -> Vec<Variant> {
        // HTTP/2's table of known headers never takes `authorization`, marked or not, and without HTTP/2 there is none.
        let indexable = self.loopback && self.key != KEYS[0];
        let only_where_indexable =
            [Variant::Unmarked, Variant::HandWrittenMarked, Variant::Indexed, Variant::IndexedWithoutPings];
        // `beside` has what others do.
        let others = [Variant::FlyteCore, Variant::GoogleCloud, Variant::EntityTag];
        Variant::ALL
            .into_iter()
            .filter(|variant| indexable || !only_where_indexable.contains(variant))
            .filter(|variant| !others.contains(variant))
            .collect()
    }

    pub(crate) fn canned(&self) -> Canned {
        let messages = if self.work.kind == Kind::ServerStreaming { self.work.messages } else { 1 };
        Canned::new(self.work.bytes, messages)
    }
}
