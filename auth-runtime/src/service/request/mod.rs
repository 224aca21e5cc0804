//! What was sent, so that it can be sent again. Knows nothing of sessions.

mod attempt_body;
mod body;
mod buffer;
mod frames;
mod head;
mod stream;

pub(crate) use self::{
    body::ReplayableBody,
    frames::Detach,
    head::{SavedHead, sole_method},
};
