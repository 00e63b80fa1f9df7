//! Pages about digests: the archive and the feeds of our own.

pub(super) mod archive;
pub(super) mod public_feeds;
