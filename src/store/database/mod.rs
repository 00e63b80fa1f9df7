//! The SQLite file itself: connections, schema, integrity, backup and restore. What is in the tables belongs to the other rooms.

pub(super) mod backup;
pub(super) mod connection;
mod copy;
pub(super) mod disk;
pub(super) mod integrity;
pub(super) mod overlay;
pub(super) mod place;
pub(super) mod reader;
pub(super) mod restore;
pub(super) mod schema;
pub(super) mod server;
pub(super) mod session;
pub(super) mod sql;
