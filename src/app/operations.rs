//! Keeping it healthy: status, checks, alarms, clean-up, keys, backup and a changed configuration.

pub mod alarms;
pub mod backup;
pub mod check;
pub mod cleanup;
pub mod integrity;
pub mod keys;
pub mod reload;
pub mod status;
