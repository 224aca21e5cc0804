//! The messages of a request stream that were taken from it, for attempts that start over.

use std::collections::VecDeque;

use bytes::Bytes;

/// Keeps messages by reference count, up to a number of bytes, and knows how many of them the present attempt has sent.
#[derive(Debug)]
pub(super) struct ReplayBuffer {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// Of the present attempt.
    sent: usize,
    sent_bytes: usize,
    capacity: usize,
    /// Whether another attempt may come.
    keeping: bool,
    /// Whether something was sent that is not here any more.
    lost: bool,
}

impl ReplayBuffer {
    pub(super) fn new(taken: VecDeque<Bytes>, capacity: usize) -> Self {
        Self {
            bytes: taken.iter().map(Bytes::len).sum(),
            messages: taken,
            sent: 0,
            sent_bytes: 0,
            capacity,
            keeping: true,
            lost: false,
        }
    }

    /// Whether all that was sent is still here.
    pub(super) fn is_whole(&self) -> bool {
        self.keeping && !self.lost
    }

    /// Whether no more is to be taken from the stream in advance.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > self.capacity
    }

    /// A message that is here already, for an attempt that has not sent it yet.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let message = self.messages.get(self.sent).cloned()?;
        self.sent += 1;
        self.sent_bytes += message.len();
        // What was taken in advance may be more than may be held once it was sent.
        self.lost |= self.keeping && self.sent_bytes > self.capacity;
        if !self.is_whole() {
            self.forget_sent();
        }
        Some(message)
    }

    /// A message that was taken from the stream and goes out with the present attempt.
    pub(super) fn record_sent(&mut self, message: &Bytes) {
        if !self.is_whole() {
            return;
        }
        if self.bytes + message.len() <= self.capacity {
            self.keep(message.clone());
            self.sent += 1;
            self.sent_bytes += message.len();
        } else {
            self.record_loss();
        }
    }

    /// A message that was taken from the stream for an attempt still to come.
    pub(super) fn keep(&mut self, message: Bytes) {
        self.bytes += message.len();
        self.messages.push_back(message);
    }

    /// Something was sent, or will be, that cannot be sent again.
    pub(super) fn record_loss(&mut self) {
        self.lost = true;
        self.forget_sent();
    }

    /// No other attempt will come: what the present one has sent is not needed any more.
    pub(super) fn release(&mut self) {
        self.keeping = false;
        self.forget_sent();
    }

    /// Another attempt begins.
    pub(super) fn rewind(&mut self) {
        self.sent = 0;
        self.sent_bytes = 0;
    }

    fn forget_sent(&mut self) {
        for message in self.messages.drain(..self.sent) {
            self.bytes -= message.len();
        }
        self.rewind();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: usize = 10;

    fn bytes(length: usize) -> Bytes {
        Bytes::from(vec![0; length])
    }

    fn buffer(taken: &[usize]) -> ReplayBuffer {
        ReplayBuffer::new(taken.iter().copied().map(bytes).collect(), CAPACITY)
    }

    fn lengths(buffer: &mut ReplayBuffer) -> Vec<usize> {
        std::iter::from_fn(|| buffer.next().map(|message| message.len())).collect()
    }

    #[test]
    fn another_attempt_begins_with_all_that_was_sent() {
        let mut buffer = buffer(&[1, 2]);
        assert_eq!(lengths(&mut buffer), [1, 2]);
        buffer.record_sent(&bytes(3));
        assert!(buffer.is_whole());
        buffer.rewind();
        assert_eq!(lengths(&mut buffer), [1, 2, 3]);
    }

    #[test]
    fn as_many_bytes_as_fit_are_kept_and_beyond_that_none() {
        for (last, whole) in [(7, true), (8, false)] {
            let mut buffer = buffer(&[]);
            buffer.record_sent(&bytes(3));
            buffer.record_sent(&bytes(last));
            assert_eq!((buffer.is_whole(), buffer.bytes), (whole, if whole { CAPACITY } else { 0 }), "{last}");
        }
    }

    #[test]
    fn what_was_taken_in_advance_is_sent_though_it_does_not_fit_and_is_then_gone() {
        let mut buffer = buffer(&[6, 6, 1]);
        assert!(buffer.is_full() && buffer.is_whole(), "nothing was sent yet");
        assert_eq!(buffer.next().map(|message| message.len()), Some(6));
        assert!(buffer.is_whole());
        assert_eq!(buffer.next().map(|message| message.len()), Some(6));
        assert!(!buffer.is_whole());
        assert_eq!((lengths(&mut buffer), buffer.bytes), (vec![1], 0));
    }

    #[test]
    fn the_last_attempt_keeps_nothing_that_it_has_sent() {
        let mut buffer = buffer(&[1, 2]);
        buffer.next();
        buffer.release();
        assert_eq!((lengths(&mut buffer), buffer.bytes, buffer.is_whole()), (vec![2], 0, false));
        buffer.record_sent(&bytes(1));
        assert_eq!(buffer.bytes, 0);
    }

    #[test]
    fn a_loss_before_anything_was_sent_leaves_what_is_still_to_be_sent() {
        let mut buffer = buffer(&[1]);
        buffer.record_loss();
        assert!(!buffer.is_whole());
        assert_eq!(lengths(&mut buffer), [1]);
    }
}
