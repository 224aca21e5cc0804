//! Generates the clients.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    build_support::configure()
        .tonic(|tonic| tonic.build_server(false).build_transport(false))
        .compile_protos(&["proto/notes.proto"], &["proto"])?;
    Ok(())
}
