#![no_main]
//! `cargo +nightly fuzz run connection_string`

libfuzzer_sys::fuzz_target!(
    init: jetbridge_fuzz::allow_guarded_panics(),
    |data: &[u8]| jetbridge::fuzzing::connection_string(data)
);
