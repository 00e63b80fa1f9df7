//! The recipients of the digest: addresses, preferences, the domains that may sign up, and the tokens of personal
//! links.

pub mod domains;
pub mod subscriber;
pub mod token;
