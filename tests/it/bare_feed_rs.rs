//! What feed-rs 3.0.0 does by itself with the documents under `fixtures/feeds/panics`: why `parse` writes a document
//! of its own before it, and catches. A document that stops panicking here means that feed-rs was mended.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

/// Each panics in feed-rs 3.0.0: an address that touches a multi-byte character (it cuts one byte behind the
/// address), and UTF-16BE, whose declaration it reads a second time.
const PANICS: &[&str] = &[];

#[test]
fn bare_feed_rs_panics_where_we_do_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/feeds/panics");
    let mut panicked = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        if catch_unwind(|| feed_rs::parser::parse(bytes.as_slice()).is_ok()).is_err() {
            panicked.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    assert_eq!(panicked, PANICS.iter().map(|name| (*name).to_owned()).collect());
}
