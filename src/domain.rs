//! The rules: values in, values out. No I/O, no async, no clock, no randomness, no logging.
//! Whatever the time is, the caller says so.

pub mod canonical;
pub mod digest;
pub mod feed;
mod folded;
pub mod item;
mod matching;
mod pattern;
pub mod relevance;
pub mod text;
pub mod topic;
