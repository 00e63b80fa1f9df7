//! Commands about email: sending, pausing, single messages, bounces and the DKIM key.

pub(super) mod bounce;
pub(super) mod dkim;
pub(super) mod messages;
pub(super) mod pause;
pub(super) mod reconcile;
pub(super) mod send;
