//! How much a YAML text becomes when it is read: sections are read by recursion, and an alias is a copy of all that it
//! names, aliases included. Found out from the events alone, which are neither.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

use super::super::limits;

/// What is too much, and in which line.
pub(super) struct TooMuch {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// A node with all that is in it.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    bytes: usize,
    /// How many sections or lists are in one another.
    depth: usize,
}

/// A section or list whose end has not come.
struct Open {
    anchor: usize,
    extent: Extent,
}

#[derive(Default)]
struct Growth {
    open: Vec<Open>,
    anchored: BTreeMap<usize, Extent>,
    copied: usize,
}

/// # Errors
///
/// For what is nested more than [`limits::MAX_CONFIG_NESTING`] deep, and for aliases that stand for more than the
/// largest file. What is no YAML is no concern here.
pub(super) fn check(text: &str) -> Result<(), TooMuch> {
    let mut growth = Growth::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        growth.follow(&event).map_err(|what| TooMuch { line: span.start.line(), what })?;
    }
    Ok(())
}

impl Growth {
    fn follow(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, _, anchor, _) => self.add(*anchor, Extent { bytes: 1 + text.len(), depth: 0 }),
            Event::Alias(anchor) => {
                let copy = self.anchored.get(anchor).copied().unwrap_or_default();
                self.copied = self.copied.saturating_add(copy.bytes);
                if self.copied > limits::MAX_CONFIG_BYTES {
                    return Err("its aliases (`*`) stand for too much; write out what is meant");
                }
                self.add(0, copy)
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                self.open.push(Open { anchor: *anchor, extent: Extent { bytes: 1, depth: 1 } });
                self.check_depth(0)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { anchor, extent }) => self.add(anchor, extent),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Takes a whole node into the one around it.
    fn add(&mut self, anchor: usize, extent: Extent) -> Result<(), &'static str> {
        if anchor > 0 {
            self.anchored.insert(anchor, extent);
        }
        if let Some(Open { extent: around, .. }) = self.open.last_mut() {
            around.bytes = around.bytes.saturating_add(extent.bytes);
            around.depth = around.depth.max(extent.depth + 1);
        }
        self.check_depth(extent.depth)
    }

    fn check_depth(&self, within: usize) -> Result<(), &'static str> {
        match self.open.len() + within > limits::MAX_CONFIG_NESTING {
            true => Err("it is nested too deep; is it the right file?"),
            false => Ok(()),
        }
    }
}
