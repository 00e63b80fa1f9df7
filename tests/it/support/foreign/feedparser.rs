//! An independent reader of feeds: Python's feedparser, asked in a process of its own.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::python;

/// Prints what it has read, in a few words an entry; the first line says whether anything was wrong.
const READ: &str = r#"
import sys, feedparser
feed = feedparser.parse(sys.stdin.buffer.read())
print("bozo: %s" % feed.bozo_exception if feed.bozo else "good", feed.version, len(feed.entries))
for entry in feed.entries:
    tags = ",".join(tag.term for tag in entry.get("tags", []))
    print(entry.id, entry.link, entry.updated, tags, entry.title, sep=" | ")
"#;

/// A Python that has it: Debian's own (package `python3-feedparser`), or the first in the path.
pub struct Feedparser(&'static str);

impl Feedparser {
    /// `None`, told on standard error, where there is none. `FEEDPARSER_REQUIRED=1` makes that a failure.
    pub fn find() -> Option<Self> {
        let missing = "no Python with feedparser (Debian: python3-feedparser)";
        python::with("feedparser", "FEEDPARSER_REQUIRED", missing).map(Self)
    }

    /// What it makes of a document, line by line.
    pub fn read(&self, document: &str) -> Vec<String> {
        let mut command = Command::new(self.0);
        command.args(["-c", READ]).env("PYTHONIOENCODING", "utf-8").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "feedparser failed");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}
