//! Hears everything that is logged through `tracing` or `log`, at TRACE, and panics.
//!
//! Written for this and not taken from `tracing-subscriber`: that prints the fields of all open spans in front of each
//! event, which makes the text of a storm of calls many times as long and says nothing new.

use std::{
    fmt::{Debug, Write as _},
    panic,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::capture::observe_text;

/// Takes over the process's logs and panics, once.
///
/// # Panics
///
/// If there is another subscriber: then nothing would be heard.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing::subscriber::set_global_default(Listener::default()).unwrap();
        tracing_log::LogTracer::init().unwrap();
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            observe_text(&format!("{info}\n"));
            report(info);
        }));
    });
}

#[derive(Debug, Default)]
struct Listener {
    spans: AtomicU64,
}

impl Subscriber for Listener {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut line = Line::new(attributes.metadata());
        attributes.record(&mut line);
        line.end();
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _span: &span::Id, values: &span::Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        line.end();
    }

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::new(event.metadata());
        event.record(&mut line);
        line.end();
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

struct Line(String);

impl Line {
    fn new(metadata: &Metadata<'_>) -> Self {
        Self(format!("{} {}", metadata.target(), metadata.name()))
    }

    fn end(mut self) {
        self.0.push('\n');
        observe_text(&self.0);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
