//! What a response is: a rejection of the credentials, gRPC or not, and what its body brings. Knows no future and no
//! session.

mod body;
pub(crate) mod classify;
mod lost;
mod rejection;
mod rest;
mod scan;
mod status;
mod trailers;

pub use self::body::ResponseBody;
pub(crate) use self::{
    body::{AfterTrailers, Begun, First, Splice, Watcher, poll_first_frame},
    classify::{ClassifyContext, ENCODING, Head, Role},
    lost::in_words_of_grpc,
    rejection::{Rejection, status_of_rejected},
    rest::Rest,
    status::{put_in_front, status_of_not_grpc},
    trailers::{TrailersClassifier, trailers_from_head},
};
#[cfg(feature = "flyte")]
pub(crate) use self::{classify::is_not_grpc, status::drop_unreadable_details};
