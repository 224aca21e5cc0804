//! Generates the clients of a descriptor set, or of a made-up service with so many methods, plain or annotated.
//!
//! ```sh
//! generate FILE.binpb|METHODS FOLDER plain|annotated    # prints the number of methods
//! ```
#![allow(clippy::panic, reason = "a program to be run by a script")]

use std::{error::Error, fmt::Write as _, fs, path::Path};

use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, folder, style] = &*arguments else {
        panic!("usage: generate FILE.binpb|METHODS FOLDER plain|annotated")
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let descriptors: FileDescriptorSet = match source.parse() {
        Ok(methods) => made_up(methods, folder)?,
        Err(_) => prost::Message::decode(&*fs::read(source)?)?,
    };
    let files = descriptors.file.iter();
    let methods: usize = files.flat_map(|file| &file.service).map(|service| service.method.len()).sum();
    println!("{methods}");
    let tonic = tonic_prost_build::configure().build_server(false).include_file("packages.rs").out_dir(folder);
    match style.as_str() {
        "plain" => tonic.compile_fds(descriptors)?,
        "annotated" => build_support::annotate(tonic).compile_fds(descriptors)?,
        _ => panic!("either plain or annotated"),
    }
    Ok(())
}

/// One service; each method has two messages of its own, as in most interfaces.
fn made_up(methods: usize, folder: &Path) -> Result<FileDescriptorSet, Box<dyn Error>> {
    let (mut rpcs, mut messages) = (String::new(), String::new());
    for number in 0..methods {
        writeln!(
            rpcs,
            "  // Does the {number}th thing.\n  rpc Do{number}(Request{number}) returns (Response{number});"
        )?;
        for kind in ["Request", "Response"] {
            writeln!(messages, "message {kind}{number} {{ string name = 1; uint64 count = 2; bytes data = 3; }}")?;
        }
    }
    let text = format!("syntax = \"proto3\";\npackage many.v1;\nservice Many {{\n{rpcs}}}\n{messages}");
    let file = folder.join("many.proto");
    fs::write(&file, text)?;
    Ok(protox::compile([&file], [folder])?)
}
