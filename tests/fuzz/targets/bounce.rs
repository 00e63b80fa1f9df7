//! The reader of returned emails: it takes any bytes, tells of them the same each time, keeps few candidates for a token,
//! and suppresses nobody at once for what is not a failure with a code of its own.
#![no_main]

use policy_digest::domain::outbox::bounce::{Cause, Fault};
use policy_digest::mail::report::{Notice, read};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let returned = read(input);
    assert!(returned.addresses.len() <= 64 && returned.links.len() <= 64);
    match &returned.notice {
        Notice::Failed { fault: Fault::Person, cause, code } => assert!(*cause == Cause::Dead && code.contains('5')),
        Notice::Failed { fault, cause, .. } => {
            assert_ne!(*fault, Fault::Complaint);
            assert!(*fault != Fault::Ours || matches!(cause, Cause::Ours | Cause::Filtered), "{cause}");
        }
        Notice::Unsubscribe(tokens) => assert!(!tokens.is_empty() && tokens.iter().all(|token| token.len() <= 200)),
        _ => {}
    }
    assert_eq!(read(input).notice, returned.notice);
});
