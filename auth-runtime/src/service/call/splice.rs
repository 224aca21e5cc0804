//! The second attempt of a stream that the caller has already: what comes of it takes the first one's place.

use http::HeaderMap;
use tonic::Status;

use super::{BodyOf, not_replayed::NotReplayed, other_credentials, response, state::Call};
use crate::{
    Transport,
    service::response::{
        AfterTrailers, Head, Rest, Splice, TrailersClassifier, Watcher, classify, put_in_front, status_of_not_grpc,
        status_of_rejected, trailers_from_head,
    },
    session::AfterRejection,
};

impl<T: Transport> Watcher<BodyOf<T>> for Call<T> {
    fn begun(self: Box<Self>, delivered: bool) -> TrailersClassifier {
        if delivered {
            self.accepted();
        }
        self.classifier()
    }

    fn ended(self: Box<Self>, mut trailers: HeaderMap) -> AfterTrailers<BodyOf<T>> {
        if !classify::trailers_reject(&mut trailers, self.context()) {
            self.accepted();
        } else if self.is_without_login() {
            // As it came: that is what the caller asked for.
        } else if let Err(not_replayed) = self.may_replay() {
            self.rejected(not_replayed);
            put_in_front(not_replayed.reason(), &mut trailers);
        } else if self.check_destination().is_err() {
            // As it came: the transport is the caller's, who knows where it leads.
        } else {
            return AfterTrailers::Replay(Box::pin(refresh_and_splice(trailers, self)));
        }
        AfterTrailers::Stand(trailers)
    }
}

/// Gets other credentials than those that a stream was rejected with, and puts the response to a second attempt in its
/// place.
async fn refresh_and_splice<T: Transport>(mut trailers: HeaderMap, mut call: Box<Call<T>>) -> Splice<BodyOf<T>> {
    call.pin_encoding();
    call.times.head_is_here();
    let token = match other_credentials(&mut call, Rest::none(true)).await {
        Ok(AfterRejection::Replay(token)) if !call.caller_set(&token.header) => token,
        Ok(AfterRejection::Replay(_) | AfterRejection::Stands) => return Splice::Trailers(trailers),
        Ok(AfterRejection::Failed(error)) => return Splice::Failed(status_of_rejected(&trailers, error).into()),
        Err(status) => return Splice::Failed(status.into()),
    };
    let request = call.replay_with(token);
    let mut response = match response(request, &mut call).await {
        Ok(response) => response,
        Err(error) => return Splice::Failed(error),
    };
    match classify::head(&mut response, call.context()) {
        Head::Rejected if !classify::is_not_grpc(&response) => {
            call.rejected(NotReplayed::RejectedAgain);
            trailers = trailers_from_head(response.into_parts().0.headers);
            put_in_front(NotReplayed::RejectedAgain.reason(), &mut trailers);
            Splice::Trailers(trailers)
        }
        Head::Rejected => {
            call.rejected(NotReplayed::RejectedAgain);
            Splice::Failed(status_of_not_grpc(&response).into())
        }
        Head::NotGrpc => Splice::Failed(status_of_not_grpc(&response).into()),
        Head::TrailersOnly => {
            call.accepted();
            Splice::Trailers(trailers_from_head(response.into_parts().0.headers))
        }
        Head::Streaming if call.is_encoded_otherwise(response.headers()) => Splice::Failed(
            Status::internal(
                "the second response, after a refresh of the credentials, is compressed otherwise than the first, \
                 against what was asked for",
            )
            .into(),
        ),
        Head::Streaming => Splice::Body(response.into_body(), call),
    }
}
