//! What is left of a response that rejected the credentials.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body as HttpBody;
use tokio::{runtime::Handle, time::timeout};
use tonic::codegen::StdError;

use crate::limits;

/// A body that is read to its end and dropped: dropping it half-read resets the call, and servers close the connection
/// of a client that resets many.
#[derive(Debug)]
pub(crate) struct Rest<'a, B> {
    unread: Option<&'a mut B>,
    read: usize,
    ended: bool,
}

impl<'a, B> Rest<'a, B> {
    pub(super) fn of(body: &'a mut B) -> Self {
        Self { unread: Some(body), read: 0, ended: false }
    }

    /// Nothing is to be read: the response has ended, or somebody else may want the rest.
    pub(crate) fn none(ended: bool) -> Self {
        Self { unread: None, read: 0, ended }
    }
}

impl<B> Rest<'_, B>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    /// Reads what is here, and says whether the response has ended.
    pub(crate) fn has_ended(&mut self, cx: &mut Context<'_>) -> bool {
        while let Some(body) = &mut self.unread {
            match Pin::new(&mut **body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Frames without data have no end of their own either.
                    self.read += frame.data_ref().map_or(0, Bytes::len).max(1);
                    if self.read > limits::MAX_REJECTION_BYTES {
                        self.unread = None;
                    }
                }
                Poll::Ready(None) => (self.unread, self.ended) = (None, true),
                Poll::Ready(Some(Err(_))) => self.unread = None,
                Poll::Pending => break,
            }
        }
        self.ended
    }

    /// Reads what is still to come, if it comes at once.
    pub(crate) async fn read(mut self) {
        if self.unread.is_none() || Handle::try_current().is_err() {
            return;
        }
        let read = poll_fn(|cx| match self.has_ended(cx) || self.unread.is_none() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        // Too late is no harm: the call is reset, as any other that is dropped.
        let _ = timeout(limits::REJECTION_REST_TIMEOUT, read).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, task::Waker};

    use http_body::Frame;

    use super::*;

    /// So many frames of so many bytes, and then the end or silence.
    struct Page {
        frames: usize,
        bytes: usize,
        ends: bool,
    }

    impl HttpBody for Page {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            if self.frames == 0 {
                return if self.ends { Poll::Ready(None) } else { Poll::Pending };
            }
            self.frames -= 1;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; self.bytes])))))
        }
    }

    fn ends(frames: usize, bytes: usize, ends: bool) -> (bool, usize) {
        let mut page = Page { frames, bytes, ends };
        let ended = Rest::of(&mut page).has_ended(&mut Context::from_waker(Waker::noop()));
        (ended, page.frames)
    }

    #[test]
    fn a_page_of_a_login_is_read_to_its_end_and_a_flood_is_not() {
        assert_eq!(ends(3, 1024, true), (true, 0));
        assert_eq!(ends(3, 1024, false), (false, 0), "the server is not done");
        let (ended, unread) = ends(1000, 1024, true);
        assert!(!ended && unread > 900, "{unread}");
        let (ended, unread) = ends(1_000_000, 0, true);
        assert!(!ended && unread > 900_000, "{unread}");
    }
}
