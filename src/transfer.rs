//! Lists that come from and go to other programs.

pub mod csv;
pub mod opml;
pub mod syndication;
mod xml;
