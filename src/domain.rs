//! The rules: values in, values out. No I/O, no async, no clock, no randomness, no logging.
//! Whatever the time is, the caller says so.

pub mod alarm;
pub mod bounce;
pub mod budget;
pub mod canonical;
pub mod classifier;
pub mod digest;
mod features;
pub mod feed;
mod folded;
pub mod identity;
mod index;
mod inflection;
pub mod item;
pub mod language;
pub mod locale;
mod matching;
pub mod measures;
pub mod os_error;
pub mod outbox;
pub mod pace;
mod pattern;
pub mod random;
pub mod relevance;
pub mod rhythm;
pub mod schedule;
pub mod shell;
pub mod spark;
pub mod story;
pub mod subscriber;
pub mod text;
pub mod token;
pub mod topic;
pub mod training;
mod vocabulary;
pub mod word;
