//! Generates clients of the part of etcd's API that the example uses.

fn main() -> Result<(), build_support::Error> {
    build_support::configure()
        .unauthenticated("etcdserverpb.Auth/Authenticate")
        .compile_protos(&["proto/etcd.proto"], &["proto"])
}
