//! Pages for those who run the installation: the operator's page, metrics and health.

pub mod admin;
pub(super) mod health;
