//! What is read of documents: those of the field, of a corpus with its expected readings, and hostile ones.

mod bare_feed_rs;
mod corpus;
mod field;
mod hostile_words;
mod linear;
