//! One integration binary; one file a subject. `support` holds the World: the real application with a temporary
//! database, a local feed server, a local SMTP sink and a hand-set clock.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what it expects by failing")]
#![expect(unreachable_pub, reason = "the modules of one binary share what they show one another")]

mod command_line;
mod daemon;
mod digests;
mod feeds;
mod operations;
mod outbox;
mod repository;
mod selection;
mod subscribers;
mod support;
mod web;
