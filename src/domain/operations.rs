//! Keeping it healthy: alarms, and the next step for a person when something failed.

pub mod alarm;
pub mod os_error;
pub mod shell;
pub mod spark;
