//! Servers on loopback that answer as a test says: web, names and mail, well-behaved and hostile.

pub mod feed_server;
pub mod hostile;
pub mod name_server;
pub mod proxy;
pub mod reverse_proxy;
pub mod smtp_sink;
pub mod smtp_stage;
