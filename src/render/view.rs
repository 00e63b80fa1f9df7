//! The contract that templates rely on: every variable that they may use, with its type; `templates/README.md` tells
//! administrators the same. All text is plain and on one line, save the editor's note; templates escape it. An empty
//! string means "not known", so that a template asks `{% if … %}`.

mod alarms;
mod preferences;
mod public;
mod quiet;
mod sign_up;
mod status;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

pub use alarms::{AlarmsView, NoticeView};
pub use preferences::{AskLinkView, ChoiceView, LinkView, PreferencesView};
pub use public::{ArchiveView, ArchivesView, SourceView, SourcesView};
pub use quiet::QuietView;
pub use sign_up::{ErrorsView, KnownView, SignUpView, WelcomeView};
pub use status::{BarView, ChartView, FactView, FeedView, StatusView};

use super::{PREFERENCES_PLACEHOLDER, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER, markdown};
use crate::domain::digests::digest::{Digest, Entry, Section};
use crate::domain::digests::locale::Locale;
use crate::domain::items::language::Detector;
use crate::domain::items::text::single_line;

/// A digest as its templates see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DigestView {
    /// BCP 47, for `<html lang>`: "en-GB".
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name: "Public Service Reform Digest".
    pub name: String,
    /// For `<title>`: "Public Service Reform Digest, 23 November 2026".
    pub title: String,
    /// The subject as composed.
    pub subject: String,
    /// Hidden text that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// "Monday, 23 November 2026".
    pub date: String,
    /// "8 posts".
    pub count: String,
    /// Whether the stories are made up, as in the sample run.
    pub sample: bool,
    /// "No digest came out on Monday, 16 November 2026: this one has its posts too."; may be empty.
    pub missed: String,
    /// What the editor says first; may be empty.
    pub note: NoteView,
    /// Never empty, unless all stories are in `more`.
    pub sections: Vec<SectionView>,
    /// "Also this week": one line each; may be empty.
    pub more: Vec<EntryView>,
    /// "You may also like": what is borderline, title and source only; may be empty. None is in `count`.
    pub listed: Vec<EntryView>,
    /// "388 more": posts that the mail has no room for, to be found under `links.archive`; may be empty.
    pub left_out: String,
    /// Why the reader gets this: "You get this because you asked for posts about public service reform."; may be empty.
    pub why: String,
    /// Since when the reader has had it, "3 March 2026", or [`super::SINCE_PLACEHOLDER`]; may be empty.
    pub since: String,
    /// Who sends it.
    pub sender: SenderView,
    /// Where a reader can go.
    pub links: LinksView,
}

/// The editor's note, made from Markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// Safe HTML, the only one among the views: paragraphs, lists, headings of the third rank, emphasis, links. A
    /// template writes `{{ note.html|safe }}`. Empty when `text` is.
    pub html: String,
    /// Wrapped, on several lines.
    pub text: String,
}

impl NoteView {
    /// The view of a note in Markdown. A note that shows nothing, as one that is an image, is empty.
    #[must_use]
    pub fn new(markdown: &str) -> Self {
        let text = markdown::text(markdown);
        let html = if text.is_empty() { String::new() } else { markdown::html(markdown) };
        Self { html, text }
    }
}

/// One theme.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SectionView {
    /// "Joined-up working".
    pub title: String,
    /// One line; may be empty.
    pub description: String,
    /// Never empty.
    pub stories: Vec<EntryView>,
}

/// One story.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EntryView {
    /// Never empty.
    pub title: String,
    /// BCP 47, when title and excerpt are surely in another language than the mail; may be empty.
    pub lang: String,
    /// http or https; empty when the source gave something else, or far too long a one.
    pub link: String,
    /// Whole sentences; may be empty.
    pub excerpt: String,
    /// Who published it.
    pub source: String,
    /// "Source · Author · 12 March 2026 · 4 min read", without what is not known; "undated" for a missing date.
    pub meta: String,
    /// "Blog A, Blog B"; may be empty.
    pub also_on: String,
    /// "joined-up working; Christie Commission"; may be empty.
    pub reason: String,
    /// "Leadership, Workforce": its other themes; may be empty.
    pub tags: String,
}

/// Who sends the mail; each may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SenderView {
    /// "Example Institute".
    pub organisation: String,
    /// On one line.
    pub postal_address: String,
    /// An address or a telephone number.
    pub contact: String,
    /// https.
    pub privacy_url: String,
}

/// Where a reader can go; each may be empty, and is then not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinksView {
    /// The reader's own page, or [`super::PREFERENCES_PLACEHOLDER`].
    pub preferences: String,
    /// The reader's own page, or [`super::UNSUBSCRIBE_PLACEHOLDER`].
    pub unsubscribe: String,
    /// This digest on the web; on its page, that page itself.
    pub archive: String,
    /// A bare mail address, for suggestions.
    pub reply_to: String,
}

/// What surrounds a digest's stories.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// The digest's name.
    pub name: &'a str,
    /// How dates are written, and which way the text runs.
    pub locale: &'a Locale,
    /// When it is made.
    pub now: DateTime<Utc>,
    /// The readers' zone: dates are told in it.
    pub zone: Tz,
    /// See [`DigestView::note`].
    pub note: NoteView,
    /// See [`DigestView::missed`].
    pub missed: &'a str,
    /// See [`DigestView::why`].
    pub why: &'a str,
    /// See [`DigestView::since`].
    pub since: &'a str,
    /// See [`DigestView::sample`].
    pub sample: bool,
    /// Who sends it.
    pub sender: SenderView,
    /// Where a reader can go.
    pub links: LinksView,
}

impl DigestView {
    /// The view of a composed digest.
    #[must_use]
    pub fn new(digest: &Digest, frame: &Frame<'_>) -> Self {
        let today = frame.now.with_timezone(&frame.zone);
        let languages = Detector::new(&[frame.locale.to_string()]);
        let entries = |stories: &[Entry]| stories.iter().map(|story| entry(story, frame, &languages)).collect();
        let section = |section: &Section| SectionView {
            title: section.title.clone(),
            description: section.description.clone(),
            stories: entries(&section.stories),
        };
        let name = single_line(frame.name);
        Self {
            lang: frame.locale.to_string(),
            dir: frame.locale.direction().to_owned(),
            title: format!("{name}, {}", frame.locale.date(&today)),
            name,
            subject: digest.subject.clone(),
            preheader: words(&digest.preheader),
            date: frame.locale.date_with_weekday(&today),
            count: apart(frame.locale, count(digest.count)),
            sample: frame.sample,
            missed: single_line(frame.missed),
            note: frame.note.clone(),
            sections: digest.sections.iter().map(section).collect(),
            more: entries(&digest.more),
            listed: entries(&digest.listed),
            left_out: if digest.left_out > 0 { format!("{} more", digest.left_out) } else { String::new() },
            why: single_line(frame.why),
            since: single_line(frame.since),
            sender: frame.sender.clone(),
            links: frame.links.clone(),
        }
    }
}

/// A longer link is a mistake of the feed, or hostile: one of them could fill the whole mail.
const LINK_BYTES: usize = 2_000;

fn entry(story: &Entry, frame: &Frame<'_>, languages: &Detector) -> EntryView {
    let published = story.published.map(|at| frame.locale.date(&at.with_timezone(&frame.zone)));
    let source = words(&story.source);
    let mut meta = vec![apart(frame.locale, source.clone())];
    let author = story.author.as_deref().filter(|author| *author != story.source).map(words);
    meta.extend(author.map(|author| apart(frame.locale, author)));
    meta.push(published.unwrap_or_else(|| "undated".to_owned()));
    if story.reading_minutes > 0 {
        meta.push(apart(frame.locale, format!("{}\u{a0}min\u{a0}read", story.reading_minutes)));
    }
    meta.retain(|part| !part.is_empty());
    // A name under `.invalid` is none (RFC 6761 §6.4), and a stand-in in a link would give a reader's own link away.
    let link = story.link.as_str();
    let is_nowhere = story.link.host_str().is_some_and(|host| host.trim_end_matches('.').ends_with(".invalid"));
    let is_harmless = link.len() <= LINK_BYTES && words(link) == link;
    let is_web = matches!(story.link.scheme(), "http" | "https") && is_harmless && !is_nowhere;
    let foreign = languages.foreign("", &story.excerpt);
    EntryView {
        title: words(&story.title),
        lang: foreign.map_or_else(String::new, |language| language.code().to_owned()),
        link: if is_web { link.to_owned() } else { String::new() },
        excerpt: words(&story.excerpt),
        source,
        meta: meta.join(" · "),
        also_on: words(&story.also_on.join(", ")),
        reason: words(&story.reason),
        tags: story.tags.join(", "),
    }
}

/// A feed's words, in which nothing passes for what stands for a reader's own links and date: its dot becomes another
/// one that looks the same.
fn words(text: &str) -> String {
    let own = [UNSUBSCRIBE_PLACEHOLDER, PREFERENCES_PLACEHOLDER, SINCE_PLACEHOLDER];
    let names = own.map(|own| own.trim_start_matches("https://").trim_end_matches('/'));
    names.iter().fold(text.to_owned(), |text, name| text.replace(name, &name.replace('.', "\u{2024}")))
}

/// Isolated (UAX 9), where the text around it runs from right to left: else "2 posts" would be shown as "posts 2".
fn apart(locale: &Locale, words: String) -> String {
    if locale.direction() == "rtl" && !words.is_empty() { format!("\u{2068}{words}\u{2069}") } else { words }
}

/// "1 post", "8 posts".
#[must_use]
pub fn count(posts: usize) -> String {
    if posts == 1 { "1 post".to_owned() } else { format!("{posts} posts") }
}

/// The mail that asks whether a sign-up was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// What was asked for, after "You asked for": "the weekly digest".
    pub what: String,
    /// The page with the button.
    pub confirm_url: String,
    /// How long the link works: "7 days".
    pub valid_for: String,
    /// Who sends it.
    pub sender: SenderView,
}

/// A link to another page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageLink {
    /// Its address.
    pub href: String,
    /// What it says: "Get a new link".
    pub text: String,
}

/// A button that posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageForm {
    /// Where it posts to.
    pub action: String,
    /// What it says: "Yes, send me the digest".
    pub button: String,
}
