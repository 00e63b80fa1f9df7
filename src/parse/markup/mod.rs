//! RSS and Atom, read as markup: a lexer that accepts anything, one tolerant pass over its events, and what each element means.

pub(super) mod base;
pub(super) mod channel;
pub(super) mod entities;
pub(super) mod leaf;
pub(super) mod lexer;
pub(super) mod repair;
pub(super) mod vocabulary;
