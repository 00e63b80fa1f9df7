//! One integration binary; one file a subject. `support` holds the World: the real application with a temporary
//! database, a local feed server, a local SMTP sink and a hand-set clock.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what it expects by failing")]
#![expect(unreachable_pub, reason = "the modules of one binary share what they show one another")]

mod arrival;
mod bare_feed_rs;
mod command;
mod daemon;
mod database;
mod delivery;
mod feeds_corpus;
mod floors;
mod quickstart;
mod relevance;
mod shown;
mod stability;
mod support;
mod web;
mod windows;
