//! Counts what a call with a good token allocates beyond plain tonic. Counts are the same in each run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use allocation_counter::{AllocationInfo, measure};
use auth_runtime::limits::Limits;
use benchmarks::{
    calls::Calls,
    canned::Canned,
    load::Payload,
    variant::{Variant, Visitor},
    work::{Kind, call},
};
use futures_util::FutureExt as _;

const KEYS: [&str; 2] = ["authorization", "flyte-authorization"];
const SIZES: [usize; 3] = [64, 64 * 1024, 4 << 20];

struct Count {
    kind: Kind,
    bytes: usize,
}

impl Visitor for Count {
    type Output = AllocationInfo;

    fn visit<C: Calls>(self, mut client: C) -> AllocationInfo {
        let payload = Payload { data: vec![b'x'; self.bytes].into(), count: 1 };
        // The transport never waits, so that a call is over at its first poll.
        let mut call = || call(&mut client, self.kind, &payload, 2).now_or_never().unwrap();
        // The first call fills what is filled once.
        call();
        measure(call)
    }
}

/// Allocations and bytes beyond plain tonic.
fn more_than_plain(variant: Variant, kind: Kind, bytes: usize, key: &'static str) -> (i64, i64) {
    let count =
        |variant: Variant| variant.visit(Canned::new(bytes, 1), "https://load.example.com", key, Count { kind, bytes });
    let (ours, plain) = (count(variant), count(Variant::Plain));
    let signed = |count: u64| i64::try_from(count).unwrap();
    let more =
        (signed(ours.count_total) - signed(plain.count_total), signed(ours.bytes_total) - signed(plain.bytes_total));
    println!(
        "{:7} {:16} {key:19} {bytes:7} B: {:+} allocations, {:+} bytes (plain {}, {} bytes)",
        variant.name(),
        kind.name(),
        more.0,
        more.1,
        plain.count_total,
        plain.bytes_total
    );
    more
}

/// What `counts` allows a call: allocations and bytes beyond plain tonic's.
fn held(variant: Variant, kind: Kind) -> (i64, i64) {
    let row = include_str!("../counts").lines().find_map(|line| {
        let row: Vec<&str> = line.split_whitespace().collect();
        (row.starts_with(&[kind.name(), variant.name()])).then_some(row)
    });
    let row = row.unwrap();
    (row[3].parse().unwrap(), row[4].parse().unwrap())
}

#[test]
fn each_kind_of_call_allocates_what_is_written_down() {
    for variant in [Variant::Authenticated, Variant::Layer] {
        for kind in Kind::ALL {
            let (more, held) = (more_than_plain(variant, kind, SIZES[0], KEYS[0]), held(variant, kind));
            // Fewer are good news, to be written down as well. With all of the runtime's features it can be a word less.
            let fits = more.0 == held.0 && (held.1 - 8..=held.1).contains(&more.1);
            assert!(fits, "{} {}: {more:?} instead of {held:?}", variant.name(), kind.name());
        }
    }
}

#[test]
fn what_a_call_allocates_beyond_plain_tonic_is_little_and_does_not_grow_with_the_message() {
    for kind in [Kind::Unary, Kind::ServerStreaming] {
        for key in KEYS {
            for bytes in SIZES {
                let (allocations, more) = more_than_plain(Variant::Layer, kind, bytes, key);
                assert!(allocations <= 2 && more <= 368, "{} {bytes}: {allocations}, {more}", kind.name());
                let (allocations, more) = more_than_plain(Variant::Authenticated, kind, bytes, key);
                // Its buffers have the size of its messages, where tonic's have 8 KiB at first.
                assert!(allocations <= 1 && more < 0, "{} {bytes}: {allocations}, {more}", kind.name());
            }
        }
    }
}

#[test]
fn a_request_stream_allocates_no_more_than_what_is_held_for_a_replay() {
    let bound = i64::try_from(Limits::new().replay_buffer_bytes()).unwrap();
    // Without an authenticated client it takes two messages to see that it is a stream, and neither shares the encoder's
    // buffer.
    for (variant, looked_at) in [(Variant::Authenticated, 0), (Variant::Layer, 2)] {
        for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
            for bytes in SIZES {
                let (allocations, more) = more_than_plain(variant, kind, bytes, KEYS[0]);
                assert!(allocations <= 7, "{} {} {bytes}: {allocations}", variant.name(), kind.name());
                let message = i64::try_from(bytes).unwrap();
                assert!(more <= bound + 2 * looked_at * message, "{} {bytes}: {more}", kind.name());
            }
        }
    }
}
