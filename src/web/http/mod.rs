//! HTTP for all pages: limits, headers, caching, forms, error pages, hosts and client addresses.

pub(super) mod answer;
pub(super) mod bounds;
pub(super) mod caching;
pub(super) mod error;
pub(super) mod form;
pub(super) mod host;
pub(super) mod paths;
pub(super) mod robots;
pub(super) mod site;
pub(super) mod styles;
pub(super) mod timing;
pub(super) mod visitor;
