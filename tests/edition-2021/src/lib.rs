//! What a user of the edition before may write, with lints that generated code must not offend.
//!
//! What is below compiles: that is most of the test.

// Lints that are forbidden cannot be allowed again by generated code.
#![forbid(unsafe_code, deprecated)]
#![deny(
    warnings,
    missing_docs,
    missing_copy_implementations,
    missing_debug_implementations,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    let_underscore_drop,
    redundant_lifetimes,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unnameable_types,
    unreachable_pub,
    unused_import_braces,
    unused_lifetimes,
    variant_size_differences
)]
#![deny(
    clippy::pedantic,
    clippy::nursery,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    clippy::expect_used,
    clippy::get_unwrap,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::mem_forget,
    clippy::panic,
    clippy::print_stdout,
    clippy::str_to_string,
    clippy::string_slice,
    clippy::undocumented_unsafe_blocks,
    clippy::unreachable,
    clippy::unwrap_in_result,
    clippy::unwrap_used
)]

use login::{AuthenticatedChannel, Transport};
use tonic::Status;

/// The generated clients. What is allowed here tonic's own clients set off, and the authenticated ones do not.
#[allow(clippy::default_trait_access, clippy::doc_markdown, clippy::missing_const_for_fn, clippy::missing_errors_doc)]
pub mod notes {
    tonic::include_proto!("notes.v1");
}

// By glob: neither of the names is ambiguous.
pub use notes::{authenticated_notes_client::*, notes_client::*};

/// Both of them.
#[login::authenticated_client(crate = login)]
pub struct Notebooks {
    /// The first service.
    pub notes: Notebook,
    /// The second one.
    pub authenticated: AuthenticatedAuthenticatedNotesClient,
}

/// Over any transport.
#[login::authenticated_client(crate = login)]
pub struct OverAny<T: Transport> {
    /// The first service.
    pub notes: Notebook<T>,
}

/// A caller that is generic over the transport.
///
/// # Errors
///
/// The server's status.
pub async fn read<T: Transport + Sync>(notes: &Notebook<T>, text: &str) -> Result<String, Status> {
    let note = notes.read(notes::Note { text: text.to_owned() }).await?;
    Ok(note.into_inner().text)
}

/// Futures that outlive the client which made them.
pub fn spawnable<T: Transport>(
    channel: AuthenticatedChannel<T>,
) -> [Box<dyn std::future::Future<Output = Result<(), Status>> + Send>; 2] {
    let notes = Notebook::new(channel);
    let read = notes.read(notes::Note::default());
    let watch = notes.watch(notes::Note::default());
    [Box::new(async { read.await.map(drop) }), Box::new(async { watch.await.map(drop) })]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use login::{flow::StaticToken, Authenticator};

    use super::*;

    #[tokio::test]
    async fn a_call_can_be_spawned_without_a_clone_of_the_client() {
        let authenticator =
            Authenticator::builder("http://127.0.0.1:1").flow(StaticToken::new("token")).build().unwrap();
        let notebooks = Notebooks::new(authenticator.connect_lazy().unwrap());
        let call = tokio::spawn(notebooks.notes.read(notes::Note::default()));
        drop(notebooks);
        // Nobody listens there.
        let status = call.await.unwrap().unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}");
    }
}
