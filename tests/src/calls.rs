//! The service that most tests call, generated from `proto/calls.proto`: each kind of method, and each setting.

tonic::include_proto!("tests.v1");
