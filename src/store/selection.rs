//! Scores: how their reasons are kept, and what the stored items would score under another topic.

pub(super) mod preview;
pub(super) mod reasons;
