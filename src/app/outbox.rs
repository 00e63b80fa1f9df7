//! How email leaves and what comes back: delivery, signing, bounces, and messages in doubt.

pub mod bounces;
pub mod deliver;
pub mod dkim;
pub(super) mod letter;
pub mod reconcile;
pub mod transport;
