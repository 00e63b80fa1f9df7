//! The machinery that reads TOML files and the environment: keys are taken out of tables, values are read by their kind,
//! and everything that is wrong is collected as findings. What the keys mean is decided by the readers of the files.

pub(super) mod diagnostics;
pub(super) mod environment;
pub(super) mod finding;
pub(super) mod table;
pub(super) mod value;
