//! Feeds: what is read, how politely, what arrives, and what hostile documents and servers cannot do.

mod adding;
mod arrival;
mod bare_feed_rs;
mod blocked;
mod corpus;
mod crashes;
mod faults;
mod feed_list;
mod field;
mod hostile_servers;
mod hostile_words;
mod identity_model;
mod linear;
mod moves;
mod polite;
mod politeness;
mod polling;
mod sources;
mod stories;
