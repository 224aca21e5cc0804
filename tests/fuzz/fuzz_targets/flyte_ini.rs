//! Flyte's configuration in flytekit's older format.
#![no_main]

use fuzz::{configuration_file::assert_is_read, secret::CANARY};
use libfuzzer_sys::fuzz_target;

// Of an option that is there twice the error has the name.
fuzz_target!(|text: &[u8]| assert_is_read(text, "flytekit.config", |line| {
    line.split(['=', ':']).next().is_some_and(|name| name.contains(CANARY))
}));
