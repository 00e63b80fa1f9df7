//! Policy Digest: polls policy blogs' feeds, keeps what is new, picks the posts on one topic, and mails
//! them to subscribers as a digest.
//!
//! The house has floors; a module imports only from floors below its own. `tests/it/floors.rs` checks it.

pub mod domain;
pub mod mail;
pub mod render;
