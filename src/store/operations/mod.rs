//! What keeps the program healthy: alarms, keys, the pending configuration, requests to the daemon and weekly counts.

pub(super) mod alarms;
pub(super) mod keys;
pub(super) mod pending_configuration;
pub(super) mod requests;
pub(super) mod weeks;
