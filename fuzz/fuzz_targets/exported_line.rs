//! Hands the fuzzer's bytes to [`fuzz_targets::exported_line`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::exported_line(bytes));
