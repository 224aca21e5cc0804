fn main() -> Result<(), Box<dyn std::error::Error>> {
    build_support::configure().compile_protos(&["proto/helloworld.proto"], &["proto"])?;
    Ok(())
}
