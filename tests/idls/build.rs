//! Generates the annotated clients of the IDL in `IDL_DIR`, and holds that each method has exactly one wrapper.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use auth_macros_expansion::{RpcKind, expanded_clients};
use prost::Message as _;
use prost_types::FileDescriptorSet;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=IDL_DIR");
    println!("cargo::rerun-if-env-changed=IDL_PROTOC");
    println!("cargo::rerun-if-env-changed=IDL_TRANSPORT");
    let folder = PathBuf::from(env::var_os("IDL_DIR").ok_or("IDL_DIR is not set: use tests/idls/run")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for left_over in fs::read_dir(&out)? {
        let left_over = left_over?.path();
        if left_over.is_dir() { fs::remove_dir_all(left_over)? } else { fs::remove_file(left_over)? }
    }

    let set = out.join("descriptor_set.binpb");
    let transport = env::var("IDL_TRANSPORT")? == "True";
    let builder = || {
        build_support::configure()
            .tonic(|tonic| tonic.build_server(false).build_transport(transport).include_file("packages.rs"))
    };
    let roots = folder.join("roots");
    if roots.exists() {
        println!("cargo::rerun-if-changed={}", roots.display());
        let protos = folder.join("protos");
        let roots: Vec<_> = fs::read_to_string(roots)?.lines().map(|root| protos.join(root)).collect();
        let includes = [protos, folder.join("imports")];
        builder().tonic(|tonic| tonic.file_descriptor_set_path(&set)).compile_protos(&roots, &includes)?;
        if let Some(protoc) = env::var_os("IDL_PROTOC") {
            let other = out.join("protoc");
            let builder = builder().protoc().prost(|prost| prost.protoc_executable(&protoc)).out_dir(&other);
            builder.compile_protos(&roots, &includes)?;
            same_files(&out, &other)?;
        }
    } else {
        fs::copy(folder.join("descriptor_set.binpb"), &set)?;
        builder().compile_descriptor_file(folder.join("descriptor_set.binpb"))?;
    }

    let declared = declared(&set)?;
    let wrapped = wrapped(&out)?;
    if let Some(difference) = difference(&declared, &wrapped) {
        return Err(difference.into());
    }
    let services = declared.keys().map(|path| path.split_once('/').map_or("", |(service, _)| service));
    let services: std::collections::BTreeSet<_> = services.collect();
    Ok(fs::write(folder.join("counts"), format!("{} {}\n", services.len(), declared.len()))?)
}

/// Whether an installed protoc leads to the very same code.
fn same_files(protox: &Path, protoc: &Path) -> Result<()> {
    for entry in fs::read_dir(protoc)? {
        let name = entry?.file_name();
        // Names its files in another way in a folder inside.
        if name == "packages.rs" {
            continue;
        }
        let [ours, theirs] = [protox, protoc].map(|folder| fs::read_to_string(folder.join(&name)));
        if ours? != theirs? {
            return Err(format!("{} is another one with protoc", name.display()).into());
        }
    }
    Ok(())
}

/// Each method's path and kind, and how many there are of it.
type Methods = BTreeMap<String, Vec<RpcKind>>;

/// What the descriptors declare.
fn declared(set: &Path) -> Result<Methods> {
    let mut methods = Methods::new();
    for file in FileDescriptorSet::decode(fs::read(set)?.as_slice())?.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("{}.{}/{}", file.package(), service.name(), method.name());
                let kind = match (method.client_streaming(), method.server_streaming()) {
                    (false, false) => RpcKind::Unary,
                    (false, true) => RpcKind::ServerStreaming,
                    (true, false) => RpcKind::ClientStreaming,
                    (true, true) => RpcKind::BidiStreaming,
                };
                methods.entry(path.trim_start_matches('.').to_owned()).or_default().push(kind);
            }
        }
    }
    Ok(methods)
}

/// What the attribute makes of the generated files, which is what the compiler will see.
fn wrapped(out: &Path) -> Result<Methods> {
    let mut methods = Methods::new();
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".rs") || name.ends_with(".authenticated-clients.rs") || name == "packages.rs" {
            continue;
        }
        for client in expanded_clients(&fs::read_to_string(&path)?)? {
            let client = client?;
            for method in client.methods() {
                let path = format!("{}/{}", client.service().unwrap_or_default(), method.name);
                methods.entry(path).or_default().push(method.kind);
            }
        }
    }
    Ok(methods)
}

fn difference(declared: &Methods, wrapped: &Methods) -> Option<String> {
    let more = wrapped.keys().find(|path| !declared.contains_key(*path));
    let other = declared.iter().find(|(path, kinds)| kinds.len() != 1 || wrapped.get(*path) != Some(kinds));
    let path = more.or(other.map(|(path, _)| path))?;
    Some(format!("{path}: declared {:?}, wrapped {:?}", declared.get(path), wrapped.get(path)))
}
