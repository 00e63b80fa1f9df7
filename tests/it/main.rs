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
mod bounce_model;
mod bounces;
mod check;
mod command;
mod daemon;
mod database;
mod delivery;
mod dkim;
mod explain;
mod faults;
mod feeds_corpus;
mod floors;
mod fuzz_seeds;
mod headers;
mod held_runs;
mod hostile;
mod hostile_words;
mod keys;
mod leaving;
mod mails;
mod near_misses;
mod note;
mod outbox;
mod own_page;
mod pauses;
mod polite;
mod polling;
mod postfix;
mod proof;
mod quickstart;
mod reconcile;
mod relevance;
mod returned_mail;
mod shown;
mod sign_up;
mod smtp;
mod smtp_hostile;
mod stability;
mod stories;
mod support;
mod templates;
mod topic_eval;
mod topic_file;
mod topic_train;
mod web;
mod windows;
