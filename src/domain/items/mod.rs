//! What arrives: one entry of a feed as plain text, its canonical link and language, and which items are one story.

pub mod canonical;
pub mod identity;
pub mod item;
pub mod language;
pub mod story;
pub mod text;
