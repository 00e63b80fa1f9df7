//! Keeping an installation healthy: status, checks, alarms, clean-up, keys, backup and configuration reload.

pub mod alarms;
pub mod backup;
pub mod check;
pub mod cleanup;
pub mod integrity;
pub mod keys;
pub mod reload;
pub mod status;
