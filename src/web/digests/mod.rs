//! Pages about digests: drafts, the archive and the feeds of our own.

pub(super) mod archive;
pub(super) mod editing;
pub(super) mod public_feeds;
