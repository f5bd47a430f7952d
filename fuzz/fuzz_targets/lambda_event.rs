//! Hands the fuzzer's bytes to [`fuzz_targets::lambda_event`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::lambda_event(bytes));
