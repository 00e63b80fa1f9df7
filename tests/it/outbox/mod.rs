//! The outbox: how email leaves, what comes back, and who is suppressed.

mod bounce_model;
mod bounces;
mod delivery;
mod dkim;
mod headers;
mod held_runs;
mod pauses;
mod postfix;
mod reconcile;
pub mod returned_emails;
mod smtp;
mod states;
