//! Generates the clients that are measured, plain and authenticated.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    build_support::configure().prost(|config| config.bytes(["."])).compile_protos(&["proto/load.proto"], &["proto"])?;
    Ok(())
}
