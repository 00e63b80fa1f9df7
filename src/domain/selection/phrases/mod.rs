//! Phrases: how an administrator writes them, and how thousands of them are found in one pass over a text.

mod block;
pub(super) mod folded;
pub(super) mod index;
pub(super) mod inflection;
pub(super) mod matching;
pub(super) mod pattern;
pub(super) mod vocabulary;
