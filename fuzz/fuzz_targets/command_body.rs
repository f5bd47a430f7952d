//! Hands the fuzzer's bytes to [`fuzz_targets::command_body`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::command_body(bytes));
