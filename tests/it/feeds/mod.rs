//! Feeds: what is read, how politely, what arrives, and what hostile documents and servers cannot do.

mod adding;
mod arrival;
mod feed_list;
mod fetching;
mod identity_model;
mod reading;
mod sources;
mod stories;
