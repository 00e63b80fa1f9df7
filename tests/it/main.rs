//! One integration binary; one file a subject.

fn main() {}
