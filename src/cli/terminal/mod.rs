//! What the commands share on the terminal: questions, tables, progress, highlighted words, files.

pub(super) mod ask;
pub(super) mod files;
pub(super) mod marked;
pub(super) mod progress;
pub(super) mod table;
