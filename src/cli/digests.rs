//! Commands about digests: when the next is due, what it would hold, making it, and the runs so far.

pub(super) mod once;
pub(super) mod preview;
pub(super) mod runs;
pub(super) mod schedule;
pub(super) mod send_now;
pub(super) mod templates;
