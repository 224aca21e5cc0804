//! Generates the clients, each with an authenticated one beside it, and the servers that the demonstration calls.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let services = ["admin", "agent", "auth", "dataproxy", "identity"];
    let protos = services.map(|service| format!("proto/flyteidl/service/{service}.proto"));
    build_support::configure()
        .unauthenticated("flyteidl.service.AuthMetadataService")
        .compile_protos(&protos, &["proto"])?;
    Ok(())
}
