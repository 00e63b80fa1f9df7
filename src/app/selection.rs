//! Work on the topic file: how well it judges labelled posts, and what an edit of it changes.

pub mod cross_validate;
pub mod eval;
pub mod explain;
pub mod test;
pub mod train;
