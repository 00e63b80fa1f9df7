//! One integration binary; one file a subject. `support` holds the World: the real application with a temporary
//! database, a local feed server, a local SMTP sink and a hand-set clock.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what it expects by failing")]
#![expect(unreachable_pub, reason = "the modules of one binary share what they show one another")]

mod another_topic;
mod archive;
mod arrival;
mod axe;
mod backup;
mod bare_feed_rs;
mod borderline;
mod check;
mod command;
mod daemon;
mod database;
mod delivery;
mod explain;
mod faults;
mod feeds_corpus;
mod floors;
mod fuzz_seeds;
mod hostile;
mod hostile_words;
mod mails;
mod near_misses;
mod note;
mod outbox;
mod pauses;
mod polite;
mod polling;
mod quickstart;
mod reconcile;
mod relevance;
mod shown;
mod stability;
mod stories;
mod support;
mod templates;
mod topic_eval;
mod topic_file;
mod topic_train;
mod web;
mod windows;
