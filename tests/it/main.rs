//! One integration binary; one file a subject.

mod relevance;
