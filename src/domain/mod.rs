//! The rules: values in, values out. No I/O, no async, no clock, no randomness, no logging. The caller passes the
//! current time.

pub mod catalogue;
pub mod digests;
pub mod feeds;
pub mod items;
pub mod operations;
pub mod outbox;
pub mod selection;
pub mod subscribers;
pub mod word;
