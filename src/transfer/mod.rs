//! Formats for exchange with other programs: CSV of subscribers, OPML and plain lists of feeds, Atom and JSON Feed.

pub mod csv;
pub mod feed_list;
pub mod opml;
pub mod syndication;
mod xml;
