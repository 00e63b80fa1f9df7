//! Who gets the digest: signing up, preferences, import, and transactional emails.

pub(super) mod choices;
mod domains;
pub mod import;
pub mod people;
pub mod preferences;
pub mod rate_limits;
pub mod sign_up;
pub mod statements;
pub mod subscribe;
pub(super) mod transactional_emails;
