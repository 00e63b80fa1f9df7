//! A Python that has what a test asks of it: Debian's own, or the first in the path.

use std::process::{Command, Stdio};

/// One that can import `modules`; else `None`, told on standard error by `missing`. With the variable `required` set, that
/// is a failure.
pub fn with(modules: &str, required: &str, missing: &str) -> Option<&'static str> {
    let has_it = |python: &&str| {
        let mut ask = Command::new(python);
        ask.arg("-c").arg(format!("import {modules}")).stdout(Stdio::null()).stderr(Stdio::null());
        ask.status().is_ok_and(|status| status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(has_it);
    assert!(found.is_some() || std::env::var_os(required).is_none(), "there is {missing}");
    if found.is_none() {
        crate::support::aloud(&format!("skipped: {missing}"));
    }
    found
}
