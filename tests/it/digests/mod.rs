//! Digests: slots and windows, what an issue holds, and how it reads.

mod archive;
pub mod editing;
pub mod emails;
mod languages;
mod logo;
mod note;
mod pins;
mod proof;
mod public_feeds;
mod quickstart;
mod read_aloud;
mod runs;
mod shown;
mod templates;
