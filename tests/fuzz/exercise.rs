//! What each fuzz target does with its input, and what must hold whatever the input is. `cargo test` replays the
//! seeds through the same functions (tests/it/repository/fuzz_seeds.rs), so they use nothing but the program's own doors.

use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use policy_digest::config::{Limits, built_in_languages};
use policy_digest::domain::catalogue::Languages;
use policy_digest::domain::digests::digest;
use policy_digest::domain::digests::digest::{Context, Limits as Room, SUBJECT_CHARS, SectionOutline, Story};
use policy_digest::domain::feeds::budget::{Budget, GiveUp};
use policy_digest::domain::items::canonical;
use policy_digest::domain::items::item::{Identity, Item};
use policy_digest::domain::items::story::Fingerprint;
use policy_digest::domain::items::text;
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress};
use policy_digest::parse;
use policy_digest::render::Renderer;
use policy_digest::render::view::{DigestView, Frame, LinksView, NoteView, SenderView};
use policy_digest::store::Store;
use url::Url;

mod bounce;
mod forms;

pub use bounce::bounce;
pub use forms::forms;

/// A fixed time, so that a finding can be repeated.
const NOW: &str = "2026-11-24T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("a well-formed time")
}

/// The whole of parsing. The first line is the Content-Type header, the rest is the body.
///
/// # Panics
/// When the parser breaks a promise.
pub fn parse(input: &[u8]) {
    let cut = input.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (head, body) = (&input[..cut], input.get(cut + 1..).unwrap_or_default());
    let content_type = std::str::from_utf8(head).ok().filter(|text| !text.is_empty());
    let base = Url::parse("https://blog.example.org/feeds/all.xml").expect("a well-formed URL");
    let limits = Limits::default();
    let budget = Budget::new(body.len(), limits.memory_bytes, GiveUp::default());
    let source = parse::Source {
        bytes: body,
        content_type,
        base: Some(&base),
        now: now(),
        known: None,
        limits: &limits,
        budget: &budget,
    };
    let document = match parse::parse(&source) {
        Ok(document) => document,
        Err(error) => {
            assert!(!matches!(error, parse::Error::Panic), "a panic was caught");
            return;
        }
    };
    let mut identities = HashSet::new();
    for parse::Fresh { item, .. } in &document.items {
        assert!(identities.insert(&item.identity), "{:?} stands twice", item.identity);
        if let Some(link) = &item.link {
            assert!(matches!(link.scheme(), "http" | "https"), "{link} is no web address");
        }
        assert!(!item.title.contains('\n'), "a title is one line: {:?}", item.title);
        for text in [&item.title, &item.summary, &item.content] {
            assert_plain(text);
        }
        for moment in [item.published, item.updated].into_iter().flatten() {
            assert!(moment.year() >= 1990 && moment <= now(), "{moment} is out of bounds");
        }
    }
    assert_known(&source, &document);
}

/// What is known just so is not read again, save what is known only by its text.
fn assert_known(source: &parse::Source<'_>, document: &parse::Document) {
    let entries = document.items.iter().map(|fresh| (fresh.item.identity.clone(), fresh.digest)).collect();
    let known = parse::Known { entries, varying: Vec::new() };
    let again = parse::parse(&parse::Source { known: Some(&known), ..*source }).expect("it was read before");
    let reread = again.items.iter().find(|fresh| !matches!(fresh.item.identity, Identity::Hash(_)));
    assert!(reread.is_none(), "read again: {reread:?}");
}

/// A date.
///
/// # Panics
/// When the moment lies outside what is promised.
pub fn dates(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(moment) = parse::dates::parse(text, now()) {
        assert!(moment.year() >= 1990 && moment <= now(), "{moment} is out of bounds");
    }
}

/// A canonical URL: the same for its own result.
///
/// # Panics
/// When it is not.
pub fn canonical(input: &[u8]) {
    let Some(url) = std::str::from_utf8(input).ok().and_then(|text| Url::parse(text).ok()) else { return };
    let once = canonical::canonical(&url);
    if !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let again = Url::parse(&once).unwrap_or_else(|error| panic!("{url} becomes {once}: {error}"));
    assert_eq!(canonical::canonical(&again), once, "of {url}");
}

/// HTML to text.
///
/// # Panics
/// When a control character is left.
pub fn html(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    assert_plain(&parse::html::to_text(text));
}

fn assert_plain(text: &str) {
    let odd = text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t');
    assert!(odd.is_none(), "{odd:?} is left in {text:?}");
}

/// The input in pieces: its text between form feeds, each at most once.
fn pieces<const N: usize>(input: &[u8]) -> [String; N] {
    let text = String::from_utf8_lossy(input);
    let mut pieces = text.split('\u{c}').map(str::to_owned);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// An excerpt of a title, a summary and a content.
///
/// # Panics
/// When it is too long, not on one line, or depends on what is far behind it.
pub fn excerpt(input: &[u8]) {
    let [title, summary, content] = pieces(input);
    for max_chars in [0, 40, 320] {
        let excerpt = text::excerpt(&title, &summary, &content, max_chars);
        assert!(excerpt.chars().count() <= max_chars.max(1), "{max_chars}: {excerpt:?}");
        assert!(!excerpt.chars().any(char::is_control), "{excerpt:?}");
    }
    // Whatever comes behind the beginning that is read.
    let filler = "x".repeat(8_000);
    let longer = text::excerpt(&title, &summary, &format!("{content}\n{filler}"), 320);
    assert_eq!(longer, text::excerpt(&title, &summary, &format!("{content}\n{filler}{filler}"), 320));
    let pieces: usize = text::sentences(&content).iter().map(|sentence| sentence.len()).sum();
    assert!(pieces <= content.len(), "no sentence stands twice");
}

/// Whether two posts are one story.
///
/// # Panics
/// When the answer depends on which is asked about which, or a post is not itself.
pub fn story(input: &[u8]) {
    let [one_title, one_text, other_title, other_text] = pieces(input);
    let fingerprint = |title: &str, content: &str| {
        Fingerprint::of(&Item {
            identity: Identity::id("1".to_owned()),
            link: None,
            title: title.to_owned(),
            summary: String::new(),
            content: content.to_owned(),
            author: None,
            categories: Vec::new(),
            published: None,
            updated: None,
        })
    };
    let (one, other) = (fingerprint(&one_title, &one_text), fingerprint(&other_title, &other_text));
    assert_eq!(one.is_same(&other), other.is_same(&one));
    assert_eq!(Fingerprint::kept(&one_title, one.shingles, one.words), one, "as it is read from the database");
    let says_enough = !one.title.is_empty() && one.may_be_same(one.shingles, one.words);
    assert_eq!(one.is_same(&one), says_enough);
}

/// A digest of stories, a paragraph each: title, source, excerpt, phrase, author, a line each.
///
/// # Panics
/// When a story is lost or stands twice, the subject is none, or it cannot be rendered.
pub fn compose(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let stories: Vec<Story> = text.split("\n\n").take(20).zip(1..).map(|(lines, seq)| a_story(lines, seq)).collect();
    let outline =
        |name: &str| SectionOutline { name: name.to_owned(), title: name.to_uppercase(), ..SectionOutline::default() };
    let outlines = [outline("a"), outline("b")];
    let languages = built_in_languages();
    let words =
        Context { words: languages.first(), name: "public service reform", earlier: &[], date: "24 November 2026" };
    let pins: Vec<Url> = stories.last().map(|story| story.link.clone()).into_iter().collect();
    for (max_stories, rows) in [(0, 0), (3, 2), (12, usize::MAX)] {
        let room = Room { max_stories, rows };
        let Ok(digest) = digest::compose(&stories, &outlines, &room, None, &words, &digest::Arrangement::pinned(&pins))
        else {
            continue;
        };
        let shown = digest.in_full().chain(&digest.more).chain(&digest.listed);
        let shown: Vec<i64> = shown.map(|entry| entry.seq).collect();
        assert_eq!(shown.iter().collect::<HashSet<_>>().len(), shown.len(), "each stands once");
        assert_eq!(shown.len() + digest.left_out, stories.len(), "none is lost");
        assert!(!digest.subject.is_empty() && digest.subject.chars().count() <= SUBJECT_CHARS, "{:?}", digest.subject);
        render(&digest);
    }
}

fn a_story(lines: &str, seq: i64) -> Story {
    let mut lines = lines.lines().map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    let (title, source, excerpt, phrase, author) = (next(), next(), next(), next(), next());
    let sum = title.bytes().chain(source.bytes()).map(i64::from).sum::<i64>();
    Story {
        seq,
        link: Url::parse(&format!("https://blog.example.org/{seq}")).expect("a well-formed URL"),
        also_on: vec![source.clone()],
        author: Some(author),
        published: (sum % 3 > 0).then(|| now() - TimeDelta::hours(sum % 500)),
        excerpt,
        reading_minutes: usize::try_from(sum % 9).unwrap_or_default(),
        score: (sum % 17) as f32 - 3.0,
        themes: [["a", "b"][(sum % 2) as usize].to_owned()].into_iter().filter(|_| sum % 5 > 0).collect(),
        phrases: vec![phrase],
        is_listed: sum % 7 == 0,
        comment: String::new(),
        title,
        source,
    }
}

fn render(digest: &digest::Digest) {
    static RENDERER: OnceLock<(Renderer, Languages)> = OnceLock::new();
    let (renderer, languages) = RENDERER.get_or_init(|| {
        let languages = built_in_languages();
        (Renderer::new(None, &languages).expect("the built-in templates parse"), languages)
    });
    let words = languages.first();
    let frame = Frame {
        corrections: &[],
        name: "Reform Digest",
        words,
        cadence: Some(Cadence::Weekly),
        now: now(),
        zone: chrono_tz::Europe::London,
        note: NoteView::default(),
        missed: "",
        since: "3 March 2026",
        topic: "reform",
        quality: None,
        why: "You asked for it.",
        sample: false,
        sender: SenderView::default(),
        links: LinksView::default(),
    };
    let rendered = renderer.email(words, &DigestView::new(digest, &frame)).expect("every digest can be rendered");
    assert!(!rendered.html.contains("<script"), "markup of a feed's stands in the email");
    assert!(!rendered.subject.contains(['\r', '\n']), "{:?}", rendered.subject);
}

/// What an editor writes: a note, and words that take the place of a story's own.
///
/// # Panics
/// When markup gets through that a note must not have.
pub fn editing(input: &[u8]) {
    let [note, title, excerpt] = pieces(input);
    let view = NoteView::new(&note);
    let lower = view.html.to_ascii_lowercase();
    for bad in ["<script", "<img", "<style", "<iframe", "href=\"javascript:", "href=\"data:"] {
        assert!(!lower.contains(bad), "{bad} in {}", view.html);
    }
    assert!(!view.text.chars().any(|c| c.is_control() && c != '\n'), "{:?}", view.text);
    compose(format!("{title}\n\n{excerpt}").as_bytes());
}

/// The fields of a form with which somebody signs up.
///
/// # Panics
/// When an address is taken that would be another one in a header or in the next form.
pub fn sign_up(input: &[u8]) {
    for (name, value) in url::form_urlencoded::parse(input) {
        if let Ok(cadence) = value.parse::<Cadence>() {
            assert_eq!(cadence.as_str(), value);
        }
        let Ok(address) = EmailAddress::parse(&value) else { continue };
        let whole = address.reveal();
        // What stands before the `@` may be in any script (RFC 6531).
        let breaks_out = |c: char| c.is_control() || c.is_whitespace() || ",<>\"".contains(c);
        assert!(address.domain().is_ascii() && !whole.contains(breaks_out), "{name}: {whole:?}");
        assert_eq!(EmailAddress::parse(whole).as_ref(), Ok(&address), "it is the same when it is read again");
        assert_eq!(address.key(), address.key().to_ascii_lowercase());
        let masked = format!("{address} {address:?}");
        let local = whole.split('@').next().unwrap_or_default();
        // The domain is shown, and may contain it.
        assert!(local.len() < 3 || !masked.contains(&format!("{local}@")), "{masked}");
    }
}

/// A backup with some bytes changed, restored: three bytes say where, the fourth what. What is no whole database is
/// refused, and the one that is there stays as it is.
///
/// # Panics
/// When a database is lost.
pub fn restore(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (from, live) = (folder.path().join("backup.db"), folder.path().join("policy-digest.db"));
    let mut copy = whole_database().to_vec();
    for change in input.chunks_exact(4) {
        let place = usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]);
        let place = place % copy.len();
        copy[place] ^= change[3];
    }
    copy.truncate(copy.len() - input.len() % 4 * 100);
    std::fs::write(&from, copy).expect("a file can be written");
    std::fs::write(&live, whole_database()).expect("a file can be written");
    runtime().block_on(async {
        match Store::restore(&from, &live, "a test".to_owned(), now()).await {
            Ok(kept) => {
                assert!(is_whole(&kept.expect("the one before is kept")).await);
                assert!(is_whole(&live).await);
            }
            Err(_) => assert!(is_whole(&live).await, "the one before is still there"),
        }
    });
}

async fn is_whole(path: &Path) -> bool {
    match Store::open(path).await {
        Ok(store) => {
            let is_whole = store.feeds().feed_states().await.is_ok();
            store.close().await;
            is_whole
        }
        Err(_) => false,
    }
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"))
}

fn whole_database() -> &'static [u8] {
    static DATABASE: OnceLock<Vec<u8>> = OnceLock::new();
    DATABASE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path: &Path = &folder.path().join("new.db");
        runtime().block_on(async { Store::open(path).await.expect("a new database").close().await });
        std::fs::read(path).expect("it is there")
    })
}
