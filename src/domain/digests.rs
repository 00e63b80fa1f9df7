//! What goes into an issue: the composed digest, the slot that it is made for, and how its dates read.

pub mod digest;
pub mod locale;
pub mod schedule;
