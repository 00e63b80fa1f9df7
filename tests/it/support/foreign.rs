//! Other people's programs, which judge what ours did or take it: dkimpy, feedparser, Postfix. Where one is not installed,
//! its tests are skipped.

pub mod dkim;
pub mod feedparser;
pub mod postfix;
mod python;
