//! See `exercise.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| policy_digest_fuzz::bounce(input));
