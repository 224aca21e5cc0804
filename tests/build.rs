//! Generates the calls of most tests, and a client for each shape that tonic's generated code can have.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use build_support::Builder;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    build_support::configure()
        .unauthenticated("tests.v1.Calls/Open")
        .unauthenticated("tests.v1.Public")
        .no_replay("tests.v1.Calls/Once")
        .no_replay("tests.v1.Calls/OnceStreaming")
        .replay_buffer_bytes("tests.v1.Calls/SmallBound", 1024)
        .compile_protos(&["proto/calls.proto"], &["proto"])?;

    // Each shape has a directory of its own, since some of them are the same files with other options.
    let shapes = PathBuf::from(env::var("OUT_DIR")?).join("shapes");
    let shape = |name: &str| -> Result<Builder> {
        let directory = shapes.join(name);
        Ok(build_support::configure().out_dir(directory))
    };
    let compile = |builder: Builder, proto: &str| -> Result<()> {
        Ok(builder.compile_protos(&[Path::new("proto/shapes").join(proto)], &[PathBuf::from("proto")])?)
    };
    compile(shape("names")?, "names.proto")?;
    compile(shape("connect")?.tonic(|tonic| tonic.build_transport(false)), "connect.proto")?;
    compile(shape("root")?.unauthenticated("Root/Version"), "root.proto")?;
    compile(shape("well_known")?, "well_known.proto")?;
    compile(shape("deprecated")?, "deprecated.proto")?;
    compile(shape("client_only")?.tonic(|tonic| tonic.build_server(false)), "codec.proto")?;
    compile(shape("codec")?.tonic(|tonic| tonic.codec_path("crate::shapes::codec::RenamedCodec")), "codec.proto")?;
    compile(
        shape("external")?
            .tonic(|tonic| tonic.extern_path(".shapes.shared", "crate::shapes::packages::shapes::shared")),
        "extern.proto",
    )?;
    // A service's setting, and one for the nested package's namesake only.
    shape("packages")?
        .replay_buffer_bytes("shapes.packages.First", 2048)
        .no_replay("shapes.packages.nested.v1.First")
        .tonic(|tonic| tonic.include_file("mod.rs"))
        .compile_protos(&["proto/shapes/packages.proto", "proto/shapes/packages_more.proto"], &["proto"])?;
    by_hand(&shapes.join("by_hand"))
}

/// A service without a proto file.
fn by_hand(directory: &Path) -> Result<()> {
    use tonic_build::manual::{Method, Service};
    let method = |name: &str, route: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type("crate::shapes::by_hand::Note")
            .output_type("crate::shapes::by_hand::Note")
            .codec_path("crate::shapes::by_hand::NoteCodec")
    };
    let service = Service::builder()
        .name("ByHand")
        .package("shapes.by_hand")
        .comment("A service without a proto file.")
        .method(method("unary", "Unary").build())
        .method(method("server_streaming", "server-streaming").server_streaming().build())
        .method(method("client_streaming", "clientStreaming").client_streaming().build())
        .method(method("bidi_streaming", "BidiStreaming").client_streaming().server_streaming().build())
        .build();
    let attribute = build_support::configure().no_replay("shapes.by_hand.ByHand/server-streaming").attribute()?;
    let mut attributes = tonic_build::Attributes::default();
    attributes.push_mod(".", attribute);
    let client = tonic_build::CodeGenBuilder::new().attributes(attributes).generate_client(&service, "");
    fs::create_dir_all(directory)?;
    Ok(fs::write(directory.join("shapes.by_hand.rs"), client.to_string())?)
}
