//! Keeping an installation healthy: alarms, and the next step for a person after a failure.

pub mod alarm;
pub mod os_error;
pub mod shell;
pub mod spark;
