//! One call: what is sent, when it is sent again, and which answer is the caller's.

mod as_plain_tonic;
mod call_auth;
mod caller_header;
mod cancellation;
mod client_stream_replay;
mod deadline;
mod delivered_messages;
mod early_rejection;
mod empty_streams;
mod first_uploads;
mod header_key;
mod late_rejection;
mod method_tables;
mod no_replay_methods;
mod not_grpc_responses;
mod odd_responses;
mod property;
mod readiness;
mod request_body;
mod response_driven_streams;
mod streaming_splice;
mod two_layers;
mod unauthenticated_methods;
