//! Commands about the selection: why a post is selected or not, and work on the topic file.

pub(super) mod explain;
pub(super) mod labels;
pub(super) mod topic;
