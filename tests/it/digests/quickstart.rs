//! The quickstart as a newcomer meets it: one command, a digest in their hands; the second time nothing new.

use std::path::{Path, PathBuf};

use crate::support::program::{policy_digest, text};

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == end))
        .collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn the_quickstart_makes_a_digest_once() {
    let folder = tempfile::tempdir().unwrap();
    // As in the repository, whose own `data` it leaves alone.
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart"), &folder.path().join("config/quickstart"));
    let run = || policy_digest(folder.path()).args(["once", "--config", "config/quickstart"]).output().unwrap();
    let first = run();
    let shown = text(&first);
    assert!(first.status.success(), "{shown}");
    let outbox = folder.path().join("data/quickstart/outbox");
    let mails = files(&outbox, "eml");
    assert_eq!((mails.len(), files(&outbox, "html").len()), (2, 2), "{shown}");
    assert!(
        shown.contains("town-portal") && shown.contains("an HTML page, not a feed"),
        "the page is reported as what it is:\n{shown}"
    );
    assert!(shown.contains("data/quickstart/outbox"), "{shown}");
    let html = std::fs::read_to_string(&files(&outbox, "html")[0]).unwrap();
    assert!(html.contains("The future of joined-up working and integration in Scotland"), "the seed post is in");
    for outside in ["Late header", "Resurfacing to close Mill Lane", "maternity cover", "autumn appeal"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(!html.contains("<script") && !html.contains("<img"), "no script, no remote image");
    let second = run();
    assert!(second.status.success());
    assert!(text(&second).contains("no email is written"), "{}", text(&second));
    assert_eq!(files(&outbox, "eml"), mails);
}
