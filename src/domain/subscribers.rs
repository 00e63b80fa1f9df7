//! The recipients of the digest: addresses, preferences, and the tokens of personal links.

pub mod subscriber;
pub mod token;
