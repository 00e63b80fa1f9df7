//! The reader of returned emails: it accepts any bytes, reads the same bytes the same way each time, keeps few candidates for
//! a token, and suppresses nobody at once for anything but a failure with a code of its own.

use policy_digest::domain::outbox::bounce::{Cause, Fault};
use policy_digest::mail::report::{Notice, read};

/// One returned email.
///
/// # Panics
/// When the reader breaks one of these promises.
pub fn bounce(input: &[u8]) {
    let returned = read(input);
    assert!(returned.addresses.len() <= 64 && returned.links.len() <= 64, "few candidates are kept");
    match &returned.notice {
        Notice::Failed { fault: Fault::Person, cause, code } => {
            assert!(*cause == Cause::Dead && code.contains('5'), "{cause}: {code}");
        }
        Notice::Failed { fault, cause, .. } => {
            assert_ne!(*fault, Fault::Complaint);
            assert!(*fault != Fault::Ours || matches!(cause, Cause::Ours | Cause::Filtered), "{cause}");
        }
        Notice::Unsubscribe(tokens) => assert!(!tokens.is_empty() && tokens.iter().all(|token| token.len() <= 200)),
        _ => {}
    }
    assert_eq!(read(input).notice, returned.notice);
}
