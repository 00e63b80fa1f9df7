//! Commands about the selection: why an item is in or out, and the work on the topic file.

pub(super) mod explain;
pub(super) mod topic;
