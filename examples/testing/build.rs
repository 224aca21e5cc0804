//! Generates `GreeterClient` and, beside it, `AuthenticatedGreeterClient`.

fn main() -> Result<(), build_support::Error> {
    build_support::configure().compile_protos(&["proto/greeter.proto"], &["proto"])
}
