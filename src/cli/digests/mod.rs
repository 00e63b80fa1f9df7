//! Commands about digests: when the next one is due, what it would contain, editing and making it, and past
//! runs.

pub(super) mod draft;
pub(super) mod once;
pub(super) mod preview;
pub(super) mod runs;
pub(super) mod schedule;
pub(super) mod send_now;
pub(super) mod templates;
