//! Generates the clients.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    build_support::configure()
        .runtime_crate("login")
        .client_name("notes.v1.Notes", "Notebook")
        .tonic(|tonic| tonic.build_server(false))
        .compile_protos(&["proto/notes.proto"], &["proto"])?;
    Ok(())
}
