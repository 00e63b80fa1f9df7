//! Plain text: sentences, excerpts, words, reading time.
