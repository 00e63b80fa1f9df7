//! Digests: slots and windows, what an issue holds, and how it reads.

mod archive;
pub mod editing;
pub mod emails;
mod logo;
mod note;
mod once_waits;
mod pins;
mod proof;
mod public_feeds;
mod quickstart;
mod read_aloud;
mod send_now;
mod shown;
mod slots;
mod templates;
mod windows;
mod year;
mod zones;
