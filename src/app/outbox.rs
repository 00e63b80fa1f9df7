//! Email out and in: delivery, signing, bounces, and messages with an unknown outcome.

pub mod bounces;
pub mod deliver;
pub mod dkim;
pub(super) mod letter;
pub mod reconcile;
pub mod transport;
