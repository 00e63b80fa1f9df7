//! Pages for subscribers: signing up, confirming, preferences, unsubscribing, and saying that a story is not on topic.

pub(super) mod preferences;
pub(super) mod sign_up;
pub(super) mod statements;
pub(super) mod subscriptions;
pub(super) mod unsubscribe;
pub(super) mod vote;
