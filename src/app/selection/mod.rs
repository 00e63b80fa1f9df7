//! Work on the topic file: how well it judges labelled posts, and what an edit of it changes. Learning from what people
//! change by hand: labels, readers' votes and the blind samples.

pub mod cross_validate;
pub mod eval;
pub mod explain;
pub mod labels;
pub mod learn;
pub mod quality;
pub mod test;
pub mod train;
pub mod vote;
