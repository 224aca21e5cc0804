//! Generates the clients and servers.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let services = ["admin", "auth", "identity", "dataproxy", "agent"];
    let files = services.map(|service| format!("proto/flyteidl/service/{service}.proto"));
    let set = protox::compile(files, ["proto"])?;
    tonic_prost_build::configure().compile_fds(set)?;
    println!("cargo:rerun-if-changed=proto");
    Ok(())
}
