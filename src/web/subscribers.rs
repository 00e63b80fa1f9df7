//! Pages for subscribers: signing up, confirming, preferences and unsubscribing.

pub(super) mod preferences;
pub(super) mod sign_up;
pub(super) mod subscriptions;
pub(super) mod unsubscribe;
