//! The view of a digest, and how a composed digest becomes one.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::picked::{self, PartView};
use super::{EmailView, LinksView, PageView, SenderView};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::correction::{Correction, Kind};
use crate::domain::digests::digest::{Digest, Entry, Section};
use crate::domain::digests::locale::Locale;
use crate::domain::items::language::Detector;
use crate::domain::items::text::single_line;
use crate::domain::selection::sample::ShownQuality;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::{PREFERENCES_PLACEHOLDER, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER, VOTE_PLACEHOLDER, markdown};

/// The variables of a digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DigestView {
    /// The digest's name: "Public Service Reform Digest".
    pub name: String,
    /// For `<title>`: "Public Service Reform Digest, 23 November 2026".
    pub title: String,
    /// The subject as composed.
    pub subject: String,
    /// The preview text that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// "23 November 2026".
    pub date: String,
    /// "8 posts".
    pub count: String,
    /// "8 posts, 24 minutes"; without the minutes if they are not known.
    pub length: String,
    /// The next titles after the lead story, at most three; may be empty.
    pub contents: Vec<TitleView>,
    /// Whether the stories are sample data.
    pub sample: bool,
    /// "No digest came out on Monday, 16 November 2026: this one has its posts too."; may be empty.
    pub missed: String,
    /// Corrections of earlier digests; may be empty.
    pub corrections: Vec<CorrectionView>,
    /// The editor's note; may be empty.
    pub note: NoteView,
    /// The lead story, in a list of one; empty only if all stories are in `more`.
    pub lead: Vec<EntryView>,
    /// The themes with stories; empty only if all stories are in `more`.
    pub sections: Vec<SectionView>,
    /// The heading of `more`: "Also this week", "Also today".
    pub more_title: String,
    /// "Also this week": one line each; may be empty.
    pub more: Vec<EntryView>,
    /// "You may also like": borderline posts, with title and source only; may be empty. Not included in `count`.
    pub listed: Vec<EntryView>,
    /// "388 more": posts that do not fit into the email and are on the page `links.archive`; may be empty.
    pub left_out: String,
    /// What it is about, after "Not about": "public service reform".
    pub topic: String,
    /// How much of the selection editors kept, if it is to be shown.
    pub quality: Option<ShownQuality>,
    /// Why the subscriber gets this: "You get this because you asked for posts about public service reform."; may be empty.
    pub why: String,
    /// The day on which they subscribed, "3 March 2026", or [`SINCE_PLACEHOLDER`]; may be empty.
    pub since: String,
    /// Who sends it.
    pub sender: SenderView,
    /// The links at the foot.
    pub links: LinksView,
}

/// The editor's note, made from Markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// Safe HTML, the only HTML in the views: paragraphs, lists, third-level headings, emphasis and links. A template
    /// writes `{{ note.html|safe }}`. Empty if `text` is.
    pub html: String,
    /// The note as text, wrapped, on several lines.
    pub text: String,
}

impl NoteView {
    /// The view of a note in Markdown. A note without text, such as a lone image, gives an empty view.
    #[must_use]
    pub fn new(markdown: &str) -> Self {
        let text = markdown::text(markdown);
        let html = if text.is_empty() { String::new() } else { markdown::html(markdown) };
        Self { html, text }
    }
}

/// What is said about a story of an earlier digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CorrectionView {
    /// The story's title.
    pub title: String,
    /// The story; may be empty.
    pub link: String,
    /// Whether the story is withdrawn, rather than corrected.
    pub is_withdrawn: bool,
    /// What is wrong.
    pub words: String,
}

/// A title, in the list of what is inside or of a theme.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TitleView {
    /// On one line.
    pub title: String,
    /// BCP 47, if it is clearly in another language than the email; else empty.
    pub lang: String,
}

/// One theme.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SectionView {
    /// "Joined-up working", or "Leadership · Workforce".
    pub title: String,
    /// The same, one for each theme.
    pub titles: Vec<TitleView>,
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
    /// BCP 47, if title and excerpt are clearly in another language than the email; may be empty.
    pub lang: String,
    /// http or https; empty if the source gave another kind of link or a far too long one.
    pub link: String,
    /// An excerpt of whole sentences; may be empty.
    pub excerpt: String,
    /// Who published it.
    pub source: String,
    /// "Source · Author · 12 March 2026 · 4 min", without unknown values; "undated" for a missing date.
    pub meta: String,
    /// "Blog A, Blog B"; may be empty.
    pub also_on: String,
    /// "joined-up working; Christie Commission"; may be empty.
    pub reason: String,
    /// "Leadership, Workforce": its other themes; may be empty.
    pub tags: String,
    /// "Reform Blog, Jane Smith, 12 March, 4 min, also on Another Blog": one line of metadata, in parts.
    pub facts: Vec<String>,
    /// "Picked for joined-up working · also Leadership".
    pub picked: String,
    /// The same, in parts with their languages.
    pub picked_parts: Vec<PartView>,
    /// Where the subscriber says that it is not on topic; may be empty.
    pub vote: String,
    /// What the editor says about it; may be empty.
    pub comment: String,
}

/// Everything in a digest's view besides its stories.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// The digest's name.
    pub name: &'a str,
    /// The language.
    pub words: &'a Catalogue,
    /// The cadence; `None` for a digest at any time.
    pub cadence: Option<Cadence>,
    /// When the digest is made.
    pub now: DateTime<Utc>,
    /// The time zone of dates.
    pub zone: Tz,
    /// See [`DigestView::note`].
    pub note: NoteView,
    /// See [`DigestView::corrections`].
    pub corrections: &'a [Correction],
    /// See [`DigestView::missed`].
    pub missed: &'a str,
    /// See [`DigestView::topic`].
    pub topic: &'a str,
    /// See [`DigestView::quality`].
    pub quality: Option<ShownQuality>,
    /// See [`DigestView::why`].
    pub why: &'a str,
    /// See [`DigestView::since`].
    pub since: &'a str,
    /// See [`DigestView::sample`].
    pub sample: bool,
    /// Who sends it.
    pub sender: SenderView,
    /// The links at the foot.
    pub links: LinksView,
}

impl DigestView {
    /// The view of a composed digest.
    #[must_use]
    pub fn new(digest: &Digest, frame: &Frame<'_>) -> Self {
        let today = frame.now.with_timezone(&frame.zone);
        let languages = Detector::new(&[frame.words.locale().to_string()]);
        let entries = |stories: &[Entry]| stories.iter().map(|story| entry(story, frame, &languages)).collect();
        let section = |section: &Section| SectionView {
            title: section.title(),
            titles: section
                .titles
                .iter()
                .map(|it| TitleView { title: it.text.clone(), lang: it.lang.clone() })
                .collect(),
            description: section.description.clone(),
            stories: entries(&section.stories),
        };
        let (name, words_of) = (single_line(frame.name), frame.words);
        Self {
            title: words_of.text(
                "digest.title",
                &[("name", (&name).into()), ("date", (&frame.words.locale().date(&today)).into())],
            ),
            name,
            subject: digest.subject.clone(),
            preheader: words(&digest.preheader),
            date: frame.words.locale().date(&today),
            count: isolated(frame.words.locale(), words_of.text("digest.posts", &[("n", digest.count.into())])),
            length: isolated(frame.words.locale(), length(frame.words, digest)),
            contents: digest.contents.iter().map(|(seq, title)| title_of(digest, *seq, title, &languages)).collect(),
            lead: entries(digest.lead.as_slice()),
            more_title: frame.words.words(match frame.cadence {
                Some(Cadence::Daily) => "digest.more_daily",
                Some(Cadence::Weekly) => "digest.more_weekly",
                Some(Cadence::Monthly) => "digest.more_monthly",
                None => "digest.more_once",
            }),
            sample: frame.sample,
            missed: single_line(frame.missed),
            corrections: frame.corrections.iter().map(correction).collect(),
            note: frame.note.clone(),
            sections: digest.sections.iter().map(section).collect(),
            more: entries(&digest.more),
            listed: entries(&digest.listed),
            topic: single_line(frame.topic),
            quality: frame.quality,
            left_out: match digest.left_out {
                0 => String::new(),
                number => words_of.text("digest.left_out", &[("n", number.into())]),
            },
            why: single_line(frame.why),
            since: single_line(frame.since),
            sender: frame.sender.clone(),
            links: frame.links.clone(),
        }
    }
}

fn title_of(digest: &Digest, seq: i64, title: &str, languages: &Detector) -> TitleView {
    let story = digest.in_full().chain(&digest.more).find(|entry| entry.seq == seq);
    TitleView { title: words(title), lang: story.map_or_else(String::new, |story| foreign(story, languages)) }
}

/// The language of a story, if it is clearly another than the email's.
fn foreign(story: &Entry, languages: &Detector) -> String {
    languages.foreign("", &story.sample).map_or_else(String::new, |language| language.code().to_owned())
}

fn length(words: &Catalogue, digest: &Digest) -> String {
    let posts = words.text("digest.posts", &[("n", digest.count.into())]);
    match digest.minutes {
        0 => posts,
        minutes => words.text("digest.length", &[("posts", (&posts).into()), ("n", minutes.into())]),
    }
}

fn correction(correction: &Correction) -> CorrectionView {
    CorrectionView {
        title: words(&correction.title),
        link: correction.link.clone(),
        is_withdrawn: correction.kind == Kind::Withdrawn,
        words: words(&correction.words),
    }
}

/// The longest link. A longer one is a mistake in the feed, or hostile: it could fill the whole email.
const LINK_BYTES: usize = 2_000;

fn entry(story: &Entry, frame: &Frame<'_>, languages: &Detector) -> EntryView {
    let published = story.published.map(|at| frame.words.locale().date(&at.with_timezone(&frame.zone)));
    let source = words(&story.source);
    let mut meta = vec![isolated(frame.words.locale(), source.clone())];
    let author = story.author.as_deref().filter(|author| *author != story.source).map(words);
    meta.extend(author.map(|author| isolated(frame.words.locale(), author)));
    meta.push(published.unwrap_or_else(|| frame.words.words("digest.undated")));
    if story.reading_minutes > 0 {
        meta.push(isolated(frame.words.locale(), minutes(frame.words, story.reading_minutes)));
    }
    meta.retain(|part| !part.is_empty());
    let mut facts = vec![isolated(frame.words.locale(), source.clone())];
    facts.extend(story.author.as_deref().filter(|author| *author != story.source).map(words));
    let today = frame.now.with_timezone(&frame.zone);
    facts.push(match story.published {
        Some(at) => unbroken(&frame.words.locale().date_near(&at.with_timezone(&frame.zone), &today)),
        None => frame.words.words("digest.undated"),
    });
    if story.reading_minutes > 0 {
        facts.push(isolated(frame.words.locale(), minutes(frame.words, story.reading_minutes)));
    }
    if !story.also_on.is_empty() {
        let sources = words(&story.also_on.join(", "));
        facts.push(frame.words.text("digest.also_on", &[("sources", (&sources).into())]));
    }
    // Names under `.invalid` do not exist (RFC 6761 §6.4), and a placeholder in a link would leak a subscriber's own link.
    let link = story.link.as_str();
    let is_nowhere = story.link.host_str().is_some_and(|host| host.trim_end_matches('.').ends_with(".invalid"));
    let is_harmless = link.len() <= LINK_BYTES && words(link) == link;
    let is_web = matches!(story.link.scheme(), "http" | "https") && is_harmless && !is_nowhere;
    let vote = &frame.links.vote;
    let lang = foreign(story, languages);
    let reason = match (story.reason.as_str(), &story.theme) {
        ("", Some(theme)) => PartView { text: words(&theme.text), lang: theme.lang.clone() },
        (phrases, _) => PartView { text: words(phrases), lang: lang.clone() },
    };
    let tags: Vec<PartView> =
        story.tags.iter().map(|tag| PartView { text: tag.text.clone(), lang: tag.lang.clone() }).collect();
    let picked_parts = picked::parts(frame.words, &reason, &tags);
    EntryView {
        title: words(&story.title),
        lang,
        link: if is_web { link.to_owned() } else { String::new() },
        excerpt: words(&story.excerpt),
        source,
        meta: meta.join(" · "),
        also_on: words(&story.also_on.join(", ")),
        reason: reason.text,
        picked: picked_parts.iter().map(|part| part.text.as_str()).collect(),
        picked_parts,
        facts,
        tags: tags.iter().map(|tag| tag.text.as_str()).collect::<Vec<_>>().join(", "),
        vote: if vote.is_empty() { String::new() } else { format!("{vote}?story={}", story.seq) },
        comment: words(&story.comment),
    }
}

/// "4 min", on one line.
fn minutes(words: &Catalogue, minutes: usize) -> String {
    unbroken(&words.text("digest.minutes", &[("n", minutes.into())]))
}

/// The text with spaces at which no line is broken.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A feed's text with placeholders disabled, so that no subscriber's links or date are put into it: their dots become a
/// character that looks the same.
fn words(text: &str) -> String {
    let own = [UNSUBSCRIBE_PLACEHOLDER, PREFERENCES_PLACEHOLDER, VOTE_PLACEHOLDER, SINCE_PLACEHOLDER];
    let names = own.map(|own| own.trim_start_matches("https://").trim_end_matches('/'));
    names.iter().fold(text.to_owned(), |text, name| text.replace(name, &name.replace('.', "\u{2024}")))
}

/// Isolates the words (UAX 9) in right-to-left text, where "2 posts" would otherwise be shown as "posts 2".
fn isolated(locale: &Locale, words: String) -> String {
    if locale.direction() == "rtl" && !words.is_empty() { format!("\u{2068}{words}\u{2069}") } else { words }
}

impl EmailView for DigestView {
    fn folder(&self) -> &'static str {
        "digest"
    }
}

/// A digest as a web page for everybody. Its view has no personal links.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct ArchivePage<'v>(pub &'v DigestView);

impl PageView for ArchivePage<'_> {
    fn template(&self) -> &'static str {
        "page/archive.html.j2"
    }
}
