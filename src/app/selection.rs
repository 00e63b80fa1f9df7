//! Working on the topic file: how well it judges posts that people have labelled, and what an edit of it does.

pub mod cross_validate;
pub mod eval;
pub mod explain;
pub mod test;
pub mod train;
