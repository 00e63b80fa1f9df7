//! What feed-rs 3.0.0 does by itself with the documents of the corpus: why `parse` writes a document of its own
//! before it, and catches. A document that stops panicking here means that feed-rs was mended.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

/// The documents at which feed-rs 3.0.0 panics, with the input that does it.
const PANICS: &[&str] = &[
    // `<itunes:duration>١٢:٣٤</itunes:duration>`, and `１２：３４`: digits beyond ASCII
    "itunes_duration_arabic_digits",
    "itunes_duration_wide_digits",
    // `<itunes:duration>99999999999999999999999</itunes:duration>`, and `99999999999999999999:00:00`
    "itunes_duration_overlong",
    "itunes_duration_overlong_hours",
    // `<media:thumbnail time="１２:٣٤:05.1é"/>`
    "media_duration_wide_digits",
    // An address that touches a character of several bytes: it cuts one byte behind the address.
    // `<author>foo@example.com（山田）</author>`, `foo@example.com—Ann Lee`, a no-break space in its place
    "rss_author_touches_wide_bracket",
    "rss_author_touches_em_dash",
    "rss_author_touches_no_break_space",
    "rss_managing_editor_touches_wide_bracket",
    "rss_dc_creator_touches_wide_bracket",
    "rss1_dc_creator_touches_em_dash",
    // `"authors":[{"name":"foo@example.com（山田）"}]`
    "json_author_touches_wide_bracket",
    "json_1_0_author_touches_no_break_space",
    // UTF-16 in bytes under a declaration of another encoding; `UTF-16` alone counts as little-endian
    "utf16be_with_a_declaration",
    "utf16be_with_a_mark_and_a_declaration",
    "utf16be_with_a_mark",
    "utf16le_declared_utf8",
    "utf16_by_http",
];

#[test]
fn bare_feed_rs_panics_where_we_do_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/feeds");
    let mut panicked = BTreeSet::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for entry in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let bytes = std::fs::read(&path).unwrap();
            if catch_unwind(|| feed_rs::parser::parse(bytes.as_slice()).is_ok()).is_err() {
                panicked.insert(name);
            }
        }
    }
    assert_eq!(panicked, PANICS.iter().map(|name| (*name).to_owned()).collect());
}
