//! Who gets the digest: addresses, preferences, and the tokens of their personal links.

pub mod subscriber;
pub mod token;
