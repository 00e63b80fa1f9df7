//! Other people's programs, which judge what ours did or take it: dkimpy, feedparser, PgBouncer,
//! Postfix, PostgreSQL. Where one is not installed,
//! its tests are skipped.

pub mod dkim;
pub mod feedparser;
pub mod pgbouncer;
pub mod postfix;
pub mod postgres;
mod python;
