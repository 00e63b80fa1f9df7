//! Working on the topic file: how well it judges posts that people have labelled.

pub mod eval;
pub mod train;
