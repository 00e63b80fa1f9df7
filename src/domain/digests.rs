//! What goes into a digest: the composed stories, the slot that it is made for, and the format of its dates.

pub mod accent;
pub mod digest;
pub mod locale;
pub mod schedule;
