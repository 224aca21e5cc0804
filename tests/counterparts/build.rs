//! Generates clients of `grpc.testing` and of etcd from the descriptors that grpc-go and etcd have compiled in.

use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    for variable in ["COUNTERPARTS_DESCRIPTORS", "COUNTERPARTS_ETCD_DESCRIPTORS"] {
        println!("cargo::rerun-if-env-changed={variable}");
        let descriptors =
            env::var_os(variable).ok_or_else(|| format!("{variable} is not set; run tests/counterparts/run"))?;
        println!("cargo::rerun-if-changed={}", descriptors.display());
        build_support::configure()
            .tonic(|tonic| tonic.build_server(false))
            .compile_descriptor_file(std::path::Path::new(&descriptors))?;
    }
    Ok(())
}
