//! Scores: how their reasons are kept, and what the stored items would score under another topic; labels and samples.

pub(crate) mod labels;
pub(super) mod preview;
pub(super) mod reasons;
pub(super) mod samples;
