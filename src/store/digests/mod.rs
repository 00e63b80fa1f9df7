//! Runs, the drafts that they are made from, and what they froze: stories, archive pages and proofs, and which runs are held back.

pub(super) mod archive_list;
pub(super) mod archives;
pub(super) mod corrections;
pub(super) mod drafts;
pub(super) mod filling;
pub(super) mod held_runs;
pub(super) mod proofs;
pub(super) mod retention;
pub(super) mod runs;
pub(super) mod status_counts;
