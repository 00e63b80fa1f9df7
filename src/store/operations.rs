//! What keeps the program healthy: alarms, keys, requests to the daemon, clean-up and weekly counts.

pub(super) mod alarms;
pub(super) mod cleanup;
pub(super) mod keys;
pub(super) mod pending_configuration;
pub(super) mod requests;
pub(super) mod weeks;
