//! The selection: which items are on topic, why, and what an administrator can do about it.

mod another_topic;
mod borderline;
mod explain;
mod learning;
mod near_misses;
mod phrases;
mod relevance;
mod stability;
mod topic_eval;
mod topic_file;
mod topic_test;
mod topic_train;
