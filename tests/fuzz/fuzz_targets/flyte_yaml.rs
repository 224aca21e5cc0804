//! Flyte's configuration as YAML.
#![no_main]

use fuzz::configuration_file::assert_is_read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| assert_is_read(text, "config.yaml", |_| false));
