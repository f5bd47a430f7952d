//! Hands the fuzzer's bytes to [`fuzz_targets::api_key`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::api_key(bytes));
