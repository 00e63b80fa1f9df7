//! Which items are on topic, under which themes, and why: phrases that a person wrote and a classifier trained on labelled
//! posts add up to one score with its reasons. How well that works is measured here as well.

pub mod classifier;
pub(super) mod features;
pub mod measures;
pub mod phrases;
pub mod random;
pub mod relevance;
pub mod topic;
pub mod training;
