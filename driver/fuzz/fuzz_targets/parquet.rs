#![no_main]
//! `cargo +nightly fuzz run parquet`

libfuzzer_sys::fuzz_target!(
    init: jetbridge_fuzz::allow_guarded_panics(),
    |data: &[u8]| jetbridge::fuzzing::parquet(data)
);
