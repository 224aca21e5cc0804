//! What a session decides: pure. No task, no lock, no flow, no store, and no clock but the moment that it is told.
//!
//! `state` has every arrow of a session's life; the others are what it is made of. `driver` runs what is decided here.

mod backoff;
mod breaker;
mod decision;
mod ended_login;
mod moment;
mod refused;
mod state;
mod stored_token;
mod token;

pub use self::token::refresh_window;
pub(super) use self::{
    decision::{Decision, Purpose, Rejection},
    ended_login::EndedLogin,
    refused::{Refused, refused},
    state::{RefreshId, Snapshot, State},
    stored_token::{expires_at, is_usable},
};
pub(crate) use self::{moment::Moment, token::Token};
