//! Generates `GreeterClient` and, beside it, `AuthenticatedGreeterClient`.

fn main() -> Result<(), build_support::Error> {
    build_support::configure().compile_protos(&["../minimal/proto/greeter.proto"], &["../minimal/proto"])
}
