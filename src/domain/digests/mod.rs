//! What goes into a digest: the composed stories, what editors change about them, the slot that it is made for, and the
//! format of its dates.

pub mod accent;
pub mod correction;
pub mod digest;
pub mod draft;
pub mod locale;
pub mod logo;
pub mod schedule;
