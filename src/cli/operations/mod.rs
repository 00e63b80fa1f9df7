//! Commands that keep an installation healthy, and the daemon.

pub(super) mod backup;
pub(super) mod check;
pub(super) mod completions;
pub(super) mod config;
pub(super) mod keys;
pub(super) mod run;
pub(super) mod status;
