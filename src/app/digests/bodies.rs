//! Renders email bodies: one window's stories, composed so that they fit into an email; and the page with all stories
//! of a run.
//!
//! Gmail shows the first 102 KB of an email and hides the rest, including the unsubscribe link. The HTML therefore
//! stays within [`MAX_HTML_BYTES`] and the text within [`MAX_TEXT_BYTES`], measured as transmitted: encoded, and with a
//! subscriber's own links. What does not fit is left out from the end: first from "You may also like", then from "Also
//! this week", then, if the full stories alone are too long, the last of these. The email says how many are left out,
//! and links to the run's page, which has them all.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::{Note, ReadOnly, blocking, quiet};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::correction::Correction;
use crate::domain::digests::digest;
use crate::domain::digests::digest::{Arrangement, Context, Digest, Entry, Limits, NoStory, SectionOutline, Story};
use crate::domain::digests::schedule::Slot;
use crate::domain::selection::sample::ShownQuality;
use crate::domain::selection::topic::{Theme, Topic};
use crate::domain::subscribers::subscriber::Cadence;
use crate::mail;
use crate::render::view::{ArchivePage, DigestView, EntryView, Frame, LinksView};
use crate::render::{PREFERENCES_PLACEHOLDER, Rendered, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER, VOTE_PLACEHOLDER};
use crate::store::PageStory;

/// The maximum size of the encoded HTML body.
const MAX_HTML_BYTES: usize = 90_000;

/// The maximum size of the encoded plain-text body.
const MAX_TEXT_BYTES: usize = 50_000;

/// A placeholder with the length of a subscriber's id, so that links have their real length.
const SAMPLE_SUBSCRIBER_ID: &str = "000000000000000000000000";

/// A placeholder with the length of the longest date.
const LONG_DATE: &str = "Wednesday, 30 September 2026";

/// The stories of a run, for subscribers who have had everything up to any number.
#[derive(Debug, Default)]
pub(super) struct Stories {
    /// In order of arrival.
    arrived: Vec<Story>,
    /// Those that an earlier draft held for this run: every subscriber gets them.
    carried: Vec<Story>,
}

impl Stories {
    /// Stories in order of arrival, and those for everybody.
    pub(super) fn new(arrived: Vec<Story>, carried: Vec<Story>) -> Self {
        Self { arrived, carried }
    }

    /// The stories that a subscriber with the cursor `covered` has not had, in order of arrival.
    pub(super) fn after(&self, covered: i64) -> Cow<'_, [Story]> {
        let arrived = &self.arrived[self.arrived.partition_point(|story| story.seq <= covered)..];
        if self.carried.is_empty() {
            return arrived.into();
        }
        let mut stories: Vec<Story> = self.carried.iter().chain(arrived).cloned().collect();
        stories.sort_by_key(|story| story.seq);
        stories.into()
    }
}

/// A digest and its email, or [`NoStory`].
pub(super) type Mailed = anyhow::Result<Result<(Digest, Rendered), NoStory>>;

/// What all bodies of one run in one language share.
#[derive(Clone)]
pub(super) struct BodyRenderer {
    pub(super) app: ReadOnly,
    /// The language.
    pub(super) words: Arc<Catalogue>,
    /// The cadence; `None` for `once`.
    pub(super) cadence: Option<Cadence>,
    /// When the run is made.
    pub(super) now: DateTime<Utc>,
    /// Subjects of the previous run.
    pub(super) earlier: Vec<String>,
    /// The address of the run's page; empty if there is none.
    pub(super) archive: String,
    /// The editor's note.
    pub(super) note: Note,
    /// Corrections of earlier digests.
    pub(super) corrections: Vec<Correction>,
    /// The sentence about slots without a digest; may be empty.
    pub(super) missed: String,
    /// The date since which the reader has had the digest, or its placeholder.
    pub(super) since: String,
    /// How good the selection was, if it is to be shown.
    pub(super) quality: Option<ShownQuality>,
    /// Which stories go first.
    pub(super) arrangement: Arrangement,
}

impl BodyRenderer {
    /// In the default language, with the pins and with placeholders for what is personal; without a page, corrections, a
    /// sentence about slots or a line about quality, and with any subject.
    pub(super) fn new(app: &ReadOnly, cadence: Option<Cadence>, now: DateTime<Utc>, note: Note) -> Self {
        Self {
            app: app.clone(),
            words: Arc::clone(app.words()),
            cadence,
            now,
            earlier: Vec::new(),
            archive: String::new(),
            note,
            corrections: Vec::new(),
            missed: String::new(),
            since: SINCE_PLACEHOLDER.to_owned(),
            quality: None,
            arrangement: Arrangement::pinned(&app.config.settings.digest.pin),
        }
    }
}

/// The page with all stories of a run.
pub(super) struct Page {
    /// The subject of the digest.
    pub(super) title: String,
    pub(super) html: String,
    pub(super) stories: Vec<PageStory>,
}

/// The possible sections of a digest.
pub(super) fn outlines(topic: &Topic) -> Vec<SectionOutline> {
    let outline = |theme: &Theme| SectionOutline {
        name: theme.name.clone(),
        title: theme.title.clone(),
        ..SectionOutline::default()
    };
    topic.themes.iter().map(outline).collect()
}

impl BodyRenderer {
    /// The same in a language; `name` is the page's, `missed` the slots without a digest.
    pub(super) fn in_language(self: &Arc<Self>, words: &Arc<Catalogue>, name: &str, missed: &[Slot]) -> Arc<Self> {
        if words.code() == self.words.code() {
            return Arc::clone(self);
        }
        Arc::new(Self {
            words: Arc::clone(words),
            archive: self.app.page_in(words, &format!("archive/{name}")),
            missed: quiet::missed(words, missed),
            ..Self::clone(self)
        })
    }

    /// The whole digest of these stories, as its page shows it; `None` without a story.
    pub(super) fn whole(&self, stories: &[Story]) -> Option<Digest> {
        self.compose(stories, None, usize::MAX).ok()
    }

    /// Runs [`BodyRenderer::mail`] for the stories after `covered` on a blocking thread.
    pub(super) async fn mail_of(
        self: &Arc<Self>,
        stories: &Arc<Stories>,
        covered: i64,
        themes: Option<Vec<String>>,
    ) -> Mailed {
        let (renderer, stories) = (Arc::clone(self), Arc::clone(stories));
        blocking(move || renderer.mail(&stories.after(covered), themes.as_deref())).await?
    }

    /// Runs [`BodyRenderer::page`] for the stories after `covered` on a blocking thread.
    pub(super) async fn page_of(
        self: &Arc<Self>,
        stories: &Arc<Stories>,
        covered: i64,
    ) -> anyhow::Result<Option<Page>> {
        let (renderer, stories) = (Arc::clone(self), Arc::clone(stories));
        blocking(move || renderer.page(&stories.after(covered))).await?
    }

    /// The complete digest of these stories, and the email with as much of it as fits.
    fn mail(&self, stories: &[Story], themes: Option<&[String]>) -> Mailed {
        let whole = match self.compose(stories, themes, usize::MAX) {
            Ok(whole) => whole,
            Err(nothing) => return Ok(Err(nothing)),
        };
        let mut rendered = self.render(&whole)?;
        let all = whole.count + whole.listed.len();
        let mut posts = all;
        let mut room = self.room(posts, &rendered);
        while room < posts
            && let Ok(less) = self.compose(stories, themes, room)
        {
            (posts, rendered) = (room, self.render(&less)?);
            room = self.room(posts, &rendered);
        }
        match posts {
            0 => tracing::warn!("the templates leave no room for a single post in the email"),
            posts if posts < all => tracing::info!(posts, all, "the email has no room for all posts"),
            _ => {}
        }
        Ok(Ok((whole, rendered)))
    }

    /// The public page of these stories.
    fn page(&self, stories: &[Story]) -> anyhow::Result<Option<Page>> {
        let Ok(digest) = self.compose(stories, None, usize::MAX) else { return Ok(None) };
        let links = LinksView { archive: self.archive.clone(), ..LinksView::default() };
        let view = self.view(&digest, ("", ""), links);
        let html =
            self.app.renderer.page(&self.words, &ArchivePage(&view)).context("cannot render the page of the digest")?;
        let entries = digest.in_full().chain(&digest.more);
        let views =
            view.lead.into_iter().chain(view.sections.into_iter().flat_map(|section| section.stories)).chain(view.more);
        let by_seq: HashMap<i64, &Story> = stories.iter().map(|story| (story.seq, story)).collect();
        let stories =
            entries.zip(views).filter_map(|(entry, view)| Some(self.on_page(by_seq.get(&entry.seq)?, entry, view)));
        let stories = stories.collect();
        Ok(Some(Page { title: digest.subject, html, stories }))
    }

    /// A story of the page for public feeds: it has an excerpt even where the page shows only one line.
    fn on_page(&self, story: &Story, entry: &Entry, view: EntryView) -> PageStory {
        let themes = &self.app.config.topic.themes;
        let title = |name: &String| {
            themes
                .iter()
                .find(|theme| theme.name == *name)
                .map(|theme| self.app.theme_title(&self.words, theme).to_owned())
        };
        PageStory {
            seq: entry.seq,
            excerpt: story.excerpt.clone(),
            title: view.title,
            link: view.link,
            language: view.lang,
            source: view.source,
            author: entry.author.clone(),
            published: entry.published,
            themes: story.themes.iter().filter_map(title).collect(),
        }
    }

    /// Estimates how many posts fit, given that `posts` of them produced this email, from its fuller body. Full stories
    /// are the longest and are left out last, so the estimate is never far too low, and a few rounds find the number.
    fn room(&self, posts: usize, rendered: &Rendered) -> usize {
        let [text, html] = self.app.personal(
            &self.app.keys.token,
            &self.words,
            [&rendered.text, &rendered.html],
            SAMPLE_SUBSCRIBER_ID,
            LONG_DATE,
        );
        let bytes = mail::encoded_bytes(&text, &html);
        let in_html = posts * MAX_HTML_BYTES / bytes.html;
        in_html.min(posts * MAX_TEXT_BYTES / bytes.text)
    }

    fn compose(&self, stories: &[Story], themes: Option<&[String]>, posts: usize) -> Result<Digest, NoStory> {
        let settings = &self.app.config.settings;
        let topic = &self.app.config.topic;
        let language = self.app.topic_language(&self.words);
        let outline = |theme: &Theme| SectionOutline {
            name: theme.name.clone(),
            title: self.app.theme_title(&self.words, theme).to_owned(),
            lang: self.app.theme_language(&self.words, theme, &language).to_owned(),
            description: self.app.theme_description(&self.words, theme).to_owned(),
        };
        let outlines: Vec<SectionOutline> = topic.themes.iter().map(outline).collect();
        let max_stories = settings.digest.max_stories.min(posts);
        let limits = Limits { max_stories, rows: posts - max_stories };
        let today = self.app.day(&self.words, self.now);
        let context =
            Context { words: &self.words, name: self.app.topic(&self.words), earlier: &self.earlier, date: &today };
        digest::compose(stories, &outlines, &limits, themes, &context, &self.arrangement)
    }

    fn render(&self, digest: &Digest) -> anyhow::Result<Rendered> {
        let app = &self.app;
        let why = app.why(&self.words);
        let links = LinksView {
            preferences: PREFERENCES_PLACEHOLDER.to_owned(),
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
            vote: if app.config.settings.digest.reader_votes { VOTE_PLACEHOLDER.to_owned() } else { String::new() },
            archive: self.archive.clone(),
            reply_to: app.reply_address().to_owned(),
        };
        app.renderer
            .email(&self.words, &self.view(digest, (&why, &self.since), links))
            .context("cannot render the digest")
    }

    fn view(&self, digest: &Digest, (why, since): (&str, &str), links: LinksView) -> DigestView {
        let settings = &self.app.config.settings;
        DigestView::new(
            digest,
            &Frame {
                name: self.app.name(&self.words),
                words: &self.words,
                cadence: self.cadence,
                now: self.now,
                zone: settings.timezone,
                note: self.note.view.clone(),
                corrections: &self.corrections,
                missed: &self.missed,
                topic: self.app.topic(&self.words),
                quality: self.quality,
                why,
                since,
                sample: false,
                sender: self.app.sender(&self.words),
                links,
            },
        )
    }
}
