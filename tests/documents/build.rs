//! The protos of the blocks, and what README and the pages write in a `build.rs`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    build_support::configure().compile_protos(
        &["../../examples/getting-started/proto/helloworld.proto"],
        &["../../examples/getting-started/proto"],
    )?;
    build_support::configure().compile_protos(&["proto/shop.proto"], &["proto"])?;
    flyte("../../examples/flyte-admin/proto")
}

/// What docs/migration.md prints. It would write the same files once more, so it is only compiled.
#[allow(dead_code, reason = "it is printed")]
fn annotated() -> Result<(), Box<dyn Error>> {
    build_support::annotate(tonic_prost_build::configure()).compile_protos(&["proto/helloworld.proto"], &["proto"])?;
    Ok(())
}

fn flyte(protos: &str) -> Result<(), Box<dyn Error>> {
    let services = ["admin", "auth", "dataproxy", "identity"];
    let services = services.map(|service| format!("{protos}/flyteidl/service/{service}.proto"));
    build_support::configure()
        .unauthenticated("flyteidl.service.AuthMetadataService")
        .no_replay("flyteidl.service.AdminService/CreateExecution")
        .replay_buffer_bytes("flyteidl.service.DataProxyService", 1 << 20)
        .client_name("flyteidl.service.AdminService", "Admin")
        .compile_protos(&services, &[protos])?;
    Ok(())
}
