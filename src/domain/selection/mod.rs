//! Decides which items are on topic, under which themes, and why. Phrases written by a person and a classifier trained
//! on labelled posts add up to one score with its reasons. The measures of how well this works are here as well.

pub mod classifier;
pub(super) mod features;
pub mod labels;
pub mod learning;
pub mod measures;
pub mod phrases;
pub mod random;
pub mod relevance;
pub mod sample;
pub mod topic;
pub mod training;
